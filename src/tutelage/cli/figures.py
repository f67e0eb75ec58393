"""Figures as JSON: dataclasses as objects, estimates without ends where one prompt tells nothing of the spread."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any

from tutelage.store import atomic_file


def write_figures(path: str, written: Mapping[str, Any]) -> None:
    """Write what was asked for and what came of it, wholly or not at all."""
    text = json.dumps(plain(written), indent=1, ensure_ascii=False, allow_nan=False)
    with atomic_file(path) as temporary:
        temporary.write_text(f"{text}\n", encoding="utf-8")


def plain(value: object) -> Any:
    """Numbers and texts as they are, and whatever holds them as JSON has it."""
    from tutelage.labelers.intervals import Estimate

    if isinstance(value, Estimate):
        return {**asdict(value), **({"low": None, "high": None} if value.clusters == 1 else {})}
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {name: plain(own) for name, own in value.items()}
    if isinstance(value, list | tuple):
        return [plain(own) for own in value]
    return value
