"""The two ways in which things go wrong for the user, each told in one line."""

import difflib
from collections.abc import Iterable
from typing import get_args

from pydantic import BaseModel, ValidationError


def _one_line(text: str) -> str:
    return " ".join(text.split())


class InputError(Exception):
    """What the user gave cannot be used: a file, a field, an argument. The command exits with code 2.

    Args:
        what: what is wrong, without a final full stop.
        where: the place, e.g. `rankings.jsonl:12: ranks` or `ppo.clip`.
        remedy: what to do about it.
    """

    def __init__(self, what: str, where: str | None = None, remedy: str | None = None) -> None:
        self.what = _one_line(what)
        self.where = where
        self.remedy = None if remedy is None else _one_line(remedy)
        place = "" if where is None else f"{where}: "
        advice = "" if self.remedy is None else f"; {self.remedy}"
        super().__init__(f"{place}{self.what}{advice}")

    def __reduce__(self) -> tuple[type["InputError"], tuple[str, str | None, str | None]]:
        return InputError, (self.what, self.where, self.remedy)


class RunError(Exception):
    """A run that began well went wrong, e.g. the loss is not a number. The command exits with code 1."""

    def __init__(self, what: str, remedy: str | None = None) -> None:
        self.what = _one_line(what)
        self.remedy = None if remedy is None else _one_line(remedy)
        super().__init__(self.what if self.remedy is None else f"{self.what}; {self.remedy}")

    def __reduce__(self) -> tuple[type["RunError"], tuple[str, str | None]]:
        return RunError, (self.what, self.remedy)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that `name` was probably meant to be, or None when none is near."""
    known = {candidate.lower().replace("-", "_"): candidate for candidate in names}
    wanted = name.lower().replace("-", "_").replace(" ", "_")
    found = difflib.get_close_matches(wanted, known, n=1, cutoff=0.6)
    return known[found[0]] if found else None


def suggestion(name: str, names: Iterable[str]) -> str:
    """A remedy for an unknown `name`: the nearest of `names`, or all of them when none is near."""
    names = list(names)
    found = nearest(name, names)
    if found:
        return f"did you mean '{found}'?"
    return f"known are {', '.join(names)}" if names else "remove it"


def explain(error: ValidationError, model: type[BaseModel], where: str | None = None) -> InputError:
    """The first of pydantic's complaints about a `model` as one line.

    Args:
        error: what validating the user's values raised.
        model: the model that was validated; its field names are what is suggested for a misspelt one.
        where: the place of the values as a whole; the field's path is added to it.
    """
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    place = ": ".join(part for part in (where, field) if part) or None
    given = first["input"]
    match first["type"]:
        case "extra_forbidden":
            siblings = _fields(model, first["loc"][:-1])
            return InputError("unknown field", place, suggestion(str(first["loc"][-1]), siblings))
        case "missing":
            others = [name for name in given if isinstance(name, str)] if isinstance(given, dict) else []
            near = nearest(str(first["loc"][-1]), set(others) - set(_fields(model, first["loc"][:-1])))
            return InputError("missing", place, f"rename {near!r}?" if near else "add it")
        case "enum" | "literal_error":
            # pydantic lists the choices as text only: "'a', 'b' or 'c'"
            choices = [choice for choice in first["ctx"]["expected"].split("'")[1::2] if choice]
            return InputError(f"{given!r} is not a known value", place, suggestion(str(given), choices))
        case "value_error":
            return InputError(str(first["ctx"]["error"]), place)
        case _:
            message = first["msg"][0].lower() + first["msg"][1:]
            return InputError(f"{message}, not {_shortened(given)}", place)


def _fields(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The field names of the model that lies at `path` inside `model`; none where the path leaves models."""
    current: object = model
    for part in path:
        if isinstance(part, int):  # a place in a tuple of models
            current = next(iter(get_args(current)), None)
            continue
        if not (isinstance(current, type) and issubclass(current, BaseModel)):
            return []
        field = current.model_fields.get(str(part))
        current = None if field is None else _without_none(field.annotation)
    if isinstance(current, type) and issubclass(current, BaseModel):
        return list(current.model_fields)
    return []


def _without_none(annotation: object) -> object:
    """The one type that is left of `it | None`; anything else as it is."""
    left = [each for each in get_args(annotation) if each is not type(None)]
    return left[0] if len(left) == 1 and type(None) in get_args(annotation) else annotation


def _shortened(value: object, characters: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= characters else text[: characters - 1] + "…"
