"""What came over the network and is to be kept: refused where no database, or no page, could hold it."""

import math
from typing import Any

from tutelage.schema import InputError

DEEPEST = 32
"""Lists and objects within each other; what reads and writes JSON follows them by recursion."""


def demand_text(text: str, place: str) -> None:
    """Raises InputError for a text that PostgreSQL cannot keep, or that is none."""
    if "\0" in text:
        raise InputError("holds the character NUL", place, "remove it")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError("holds half a surrogate pair, which is no text", place, "remove it") from None


def demand_value(value: Any, longest: int, place: str, depth: int = 0) -> None:
    """Raises InputError for a JSON value with a text that is too long or is none, with a number that JSON does not
    have, or nested beyond all measure.
    """
    if depth > DEEPEST:
        raise InputError("is nested too deeply", place.split(".")[0])
    if isinstance(value, str):
        if len(value) > longest:
            raise InputError(f"{len(value):,} characters are too many", place, f"at most {longest:,}")
        demand_text(value, place)
    elif isinstance(value, float) and not math.isfinite(value):
        raise InputError("is no number", place)
    elif isinstance(value, dict):
        for name, each in value.items():
            demand_value(name, longest, place, depth + 1)
            demand_value(each, longest, f"{place}.{name}", depth + 1)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            demand_value(each, longest, f"{place}.{number}", depth + 1)
