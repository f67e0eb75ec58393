"""The base model in the package: what its record says of it is true, and it can do what the method needs."""

import json

import pytest

from tutelage import mini
from tutelage.models import load_policy, load_tokenizer
from tutelage.pipeline.ledger import Ledger
from tutelage.pipeline.shipping import RECORD, hash_of, ship_base
from tutelage.pipeline.stages.base import accuracy
from tutelage.recipe import dump_recipe, load_recipe


def test_the_record_is_of_this_model():
    folder = mini.base_folder()
    record = json.loads((folder / RECORD).read_text())
    recipe = load_recipe("mini")
    assert record["sha256"] == hash_of(folder / "model.safetensors")
    assert record["tokens"] == recipe.base.tokens
    assert record["seed"] == recipe.seed
    assert (folder / "model.safetensors").stat().st_size <= 16 * 2**20


def test_it_copies_and_knows_the_facts():
    folder, world = str(mini.base_folder()), mini.World(0)
    model, tokenizer = load_policy(folder), load_tokenizer(folder)
    assert accuracy(world.copying(), model, tokenizer).value >= 0.95
    assert accuracy(world.facts(), model, tokenizer).value >= 0.95


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package folder of its own, so that the real one is left alone."""
    place = tmp_path / "package" / "base"
    place.parent.mkdir()
    monkeypatch.setattr(mini, "base_folder", lambda: place)
    return place


def test_a_runs_base_is_put_into_the_package_with_its_record(tmp_path, package):
    run = tmp_path / "run"
    (run / "models" / "base").mkdir(parents=True)
    (run / "models" / "base" / "model.safetensors").write_bytes(b"weights")
    (run / "recipe.yaml").write_text(dump_recipe(load_recipe("mini", ["threads=1"])))
    Ledger(run / "stages.json").record("base", "identity", 1800.0, {"copying": {"value": 0.97}})
    assert ship_base(run) == package
    record = json.loads((package / RECORD).read_text())
    assert (record["hours"], record["copy_accuracy"], record["threads"]) == (0.5, 0.97, 1)
    assert record["sha256"] == hash_of(package / "model.safetensors")
