"""No dead knobs: every field of the recipe says what it is, and is read by some line of the code."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tutelage.recipe import Recipe

SOURCE = Path(__file__).parents[2] / "src" / "tutelage"


def fields_of(section: type[BaseModel], path: str = "") -> Iterator[tuple[str, str, FieldInfo]]:
    for name, field in section.model_fields.items():
        yield f"{path}{name}", name, field
        for annotation in (field.annotation, *get_args(field.annotation)):
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                yield from fields_of(annotation, f"{path}{name}.")


FIELDS = list(fields_of(Recipe))


def code() -> str:
    """All code that could read a recipe, without strings and comments that only mention a field."""
    texts = []
    for path in sorted(SOURCE.rglob("*.py")):
        if "recipe" in path.parts[len(SOURCE.parts) :][:1]:
            continue
        text = path.read_text(encoding="utf-8")
        text = re.sub(r'"""(?s:.*?)"""', "", text)
        texts.append(re.sub(r"#.*", "", text))
    return "\n".join(texts)


CODE = code()


@pytest.mark.parametrize(("path", "name", "field"), FIELDS, ids=[path for path, _, _ in FIELDS])
def test_every_field_is_documented(path: str, name: str, field: FieldInfo) -> None:
    assert field.description, f"{path} has no description"
    assert len(field.description.split()) >= 2 or path in ("sft", "reward", "ppo")


# The architecture is handed on whole; what is read of it is read by `Architecture`, field by field of the same name.
@pytest.mark.parametrize("path", [path for path, _, _ in FIELDS])
def test_every_field_is_read(path: str) -> None:
    name = path.rsplit(".", 1)[-1]
    assert re.search(rf"\.{name}\b", CODE), f"no line of the code reads {path}"
