"""A world small enough to run the whole method in seconds: a base of a few thousand weights that learned nothing."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from tutelage import mini
from tutelage.mini.tokenizer import build_tokenizer
from tutelage.models import Architecture, new_policy, save_model
from tutelage.pipeline.mini_source import MiniSource
from tutelage.pipeline.stages import labelers
from tutelage.recipe import Recipe, load_recipe
from tutelage.report import page

TINY = Path(__file__).parent / "tiny.yaml"


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base") / "model"
    tokenizer = build_tokenizer(mini.World(0).documents(400), 700)
    sizes = {"hidden_size": 16, "layers": 1, "heads": 2, "intermediate_size": 32, "context": 384}
    architecture = Architecture(**sizes, vocabulary_size=len(tokenizer))
    model = new_policy(
        architecture, 1, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    save_model(model, tokenizer, folder)
    return folder


@pytest.fixture(scope="session")
def world() -> MiniSource:
    """One world for all runs in this process: making its prompts takes longer than a tiny stage."""
    return MiniSource(load_recipe(TINY))


@pytest.fixture
def tiny(tiny_base: Path, world: MiniSource, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Recipe]:
    """Makes tiny recipes, with overrides."""
    monkeypatch.setattr(import_module("tutelage.pipeline.run"), "open_source", lambda recipe: world)
    monkeypatch.setattr(labelers, "PROMPTS", 40)

    def recipe(*overrides: str) -> Recipe:
        return load_recipe(TINY, [f"base.model={tiny_base}", *overrides])

    return recipe


@pytest.fixture
def plain_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is drawn, and tested, elsewhere; here it only takes time."""
    monkeypatch.setattr(page, "render_page", lambda results: "page")
