"""ARCHITECTURE.md's floors, rooms, stages and models, and the world's sizes, are those of the code."""

import re
import tomllib
from pathlib import Path

import pytest

from tutelage.mini import World, lexicon
from tutelage.pipeline.folder import RunFolder
from tutelage.pipeline.mini_source import MiniSource
from tutelage.pipeline.order import stages_of
from tutelage.recipe import Recipe

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_the_floors_are_those_that_are_enforced() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    section = PAGE.split("## Floors")[1].split("\n## ")[0]
    assert re.findall(r"^ {4}(\S.*)$", section, re.MULTILINE) == layers


def test_every_room_has_its_promise() -> None:
    rooms = re.findall(r"^\| `([a-z]+)` \|", PAGE, re.MULTILINE)
    assert sorted(rooms) == sorted(
        path.parent.name for path in (ROOT / "src" / "tutelage").glob("*/__init__.py")
    )


def test_stages_and_models_are_those_of_a_run(tmp_path: Path) -> None:
    recipe, folder = Recipe(world="mini"), RunFolder(tmp_path)
    stages = stages_of(recipe, MiniSource(recipe), folder)
    told = re.search(r"^Stages: ([^.]+)\.", PAGE, re.MULTILINE)
    assert told is not None
    assert told[1].replace("\n", " ").split(", ") == [stage.name for stage in stages]
    models = re.search(r"^ {6}models/ +(.*?) {2,}\(", PAGE, re.MULTILINE)
    assert models is not None
    left = {path.name for stage in stages for path in stage.outputs if path.parent == folder.models}
    assert set(models[1].split()) == left


@pytest.mark.parametrize("name", ["recipe", "database", "models", "checkpoints", "ledger", "metrics"])
def test_the_run_folder_is_as_drawn(name: str, tmp_path: Path) -> None:
    assert re.search(rf"^ {{6}}{re.escape(getattr(RunFolder(tmp_path), name).name)}\b", PAGE, re.MULTILINE)


def test_the_world_has_the_sizes_that_are_told() -> None:
    page = (ROOT / "docs" / "mini-world.md").read_text(encoding="utf-8")
    world = World()
    sizes = {
        "animals": len(lexicon.ANIMALS),
        "countries": len(lexicon.COUNTRIES),
        "words with synonyms": len(lexicon.SYNONYMS),
        "categories": len(lexicon.CATEGORIES),
        "popular misconceptions": len(lexicon.MISCONCEPTIONS),
        "questions of fact": len(world.facts()),
        "of copying": len(world.copying()),
        "of truthfulness": len(world.truthfulness()),
        "openings for toxicity": len(world.toxicity_prompts()),
        "sentence pairs for bias": len(world.bias_pairs()),
    }
    for what, count in sizes.items():
        assert re.search(rf"\b{count} {what}\b", page), f"{count} {what}"
