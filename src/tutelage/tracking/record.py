"""What is known of a run in a tracker from one start of a command to the next: NAME.json."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from tutelage.store import write_atomically


class Shown(BaseModel):
    """A stage as it is shown: from what it was made, and up to which step it had been sent when it last began."""

    model_config = ConfigDict(frozen=True)

    identity: str
    step: int


class Record(BaseModel):
    """One run of a tracker. place: a hash, for addresses can hold passwords; figures: a hash of the report's."""

    model_config = ConfigDict(frozen=True)

    place: str
    run: str | None = None
    stages: Mapping[str, Shown] = {}
    figures: str | None = None


def read_record(path: Path) -> Record | None:
    """The record, or None where there is none that can be read: a new run then shows all there is."""
    try:
        return Record.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def write_record(path: Path, record: Record) -> None:
    """Write it whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, record.model_dump_json(indent=1) + "\n")


def digest(content: Mapping[str, float] | Sequence[str | None]) -> str:
    """Hash of what needs only be known again."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
