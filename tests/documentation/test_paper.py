"""docs/paper.md says what is: its functions, tests and recipe fields exist, and its values are the defaults."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, reduce
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from tutelage import functional
from tutelage.recipe import PPORecipe, Recipe, RewardRecipe, SFTRecipe

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "paper.md"


@dataclass(frozen=True)
class Claim:
    """One row of a table; each cell's names in backticks."""

    line: int
    code: tuple[str, ...]
    tests: tuple[str, ...]
    fields: tuple[str, ...]
    values: tuple[str, ...]


def claims() -> Iterator[Claim]:
    for number, line in enumerate(PAGE.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.startswith("|") or line.startswith("|---") or "| Code |" in line:
            continue
        cells = [tuple(re.findall(r"`([^`]+)`", cell)) for cell in line.strip("|").split("|")]
        assert len(cells) == 6, f"docs/paper.md:{number} has {len(cells)} cells"
        yield Claim(number, *cells[2:])


CLAIMS = list(claims())
each_claim = pytest.mark.parametrize("claim", CLAIMS, ids=[f"line {claim.line}" for claim in CLAIMS])


def resolve(name: str) -> Any:
    """The object at a dotted path below the package, whatever of the path is modules."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            module = import_module(".".join(["tutelage", *parts[:length]]))
        except ModuleNotFoundError:
            continue
        return reduce(getattr, parts[length:], module)
    raise AttributeError(name)


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@each_claim
def test_the_code_exists(claim: Claim) -> None:
    assert claim.code
    for name in claim.code:
        resolve(name)


@each_claim
def test_the_test_exists(claim: Claim) -> None:
    assert claim.tests
    for name in claim.tests:
        file, function = name.split("::")
        assert function in functions_of(file), name


@each_claim
def test_the_value_is_the_default(claim: Claim) -> None:
    assert len(claim.fields) == len(claim.values)
    for field, value in zip(claim.fields, claim.values, strict=True):
        assert reduce(getattr, field.split("."), Recipe()) == ast.literal_eval(value), field


def test_every_equation_has_its_row() -> None:
    public = {name for name in functional.__all__ if inspect.isfunction(getattr(functional, name))}
    told = {name.removeprefix("functional.") for claim in CLAIMS for name in claim.code}
    assert public
    assert public <= told


def settings_of(section: type[BaseModel], path: str) -> Iterator[str]:
    """The dotted paths of all fields that hold a value, those of sections within the section too."""
    for name, field in section.model_fields.items():
        within = [part for part in get_args(field.annotation) if isinstance(part, type)]
        inner = [part for part in within if issubclass(part, BaseModel)]
        yield from settings_of(inner[0], f"{path}.{name}") if inner else [f"{path}.{name}"]


@pytest.mark.parametrize(
    ("name", "section"), [("sft", SFTRecipe), ("reward", RewardRecipe), ("ppo", PPORecipe)]
)
def test_every_setting_of_the_three_steps_has_its_row(name: str, section: type[BaseModel]) -> None:
    told = {field for claim in CLAIMS for field in claim.fields}
    assert set(settings_of(section, name)) <= told


def test_the_eight_details_are_all_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d) \|", text, re.MULTILINE) == [str(number) for number in range(1, 9)]
