"""Where a run's recipe departs from the paper's values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from tutelage.recipe import Recipe

UNREMARKABLE = frozenset({"name", "seed"})
"""Fields that every run sets."""


@dataclass(frozen=True)
class Difference:
    """A field whose value is not the paper's, both values as text, and what the field is."""

    field: str
    paper: str
    here: str
    description: str


def differences(recipe: Mapping[str, Any]) -> list[Difference]:
    """Every field of a resolved recipe that is not at its default, in the recipe's order."""
    return [
        found for found in compared(recipe, Recipe.model_validate({}), ()) if found.field not in UNREMARKABLE
    ]


def compared(here: Mapping[str, Any], paper: BaseModel, path: tuple[str, ...]) -> Iterator[Difference]:
    """Walk the tree of sections; a field that the paper's recipe does not know is told as one."""
    defaults = paper.model_dump(mode="json")
    for name, value in here.items():
        field = type(paper).model_fields.get(name)
        if field is None:
            yield Difference(".".join((*path, name)), "\u2014", written(value), "")
        elif isinstance(section := getattr(paper, name), BaseModel) and isinstance(value, Mapping):
            yield from compared(value, section, (*path, name))
        elif value != defaults[name]:
            yield Difference(
                ".".join((*path, name)), written(defaults[name]), written(value), field.description or ""
            )


def written(value: Any) -> str:
    """A value as a reader of YAML would write it."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case int() if abs(value) >= 10_000:
            return f"{value:,}".replace(",", "\u2009")
        case float():
            return f"{value:g}"
        case list() | tuple():
            return "; ".join(written(item) for item in value) or "none"
        case Mapping():
            return ", ".join(f"{name} {written(item)}" for name, item in value.items() if item is not None)
        case _:
            return str(value)
