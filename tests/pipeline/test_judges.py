"""A run's final table, judged once more by the command: the same labelers say the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tutelage import mini
from tutelage.cli.main import dispatch
from tutelage.pipeline import run
from tutelage.pipeline.mini_source import MiniSource
from tutelage.recipe import Recipe
from tutelage.schema import Purpose
from tutelage.store import Store


def test_the_command_says_what_the_stage_said(
    tiny: Callable[..., Recipe], world: MiniSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tiny("ppo.episodes=16"), tmp_path / "run", until="preference")
    place = tmp_path / "run"
    with Store(place / "tutelage.db") as store:
        batches = {count.batch for count in store.stats()}
    [answers] = [batch for batch in batches if batch.startswith("answers/")]
    [stage] = [batch for batch in batches if batch.startswith("preference/")]
    monkeypatch.setattr(mini, "World", lambda seed: world.world)
    command = ["labelers", "judge", "--simulated", "--completions", answers, "--store", str(place)]
    assert dispatch(command, debug=True) == 0
    with Store(place / "tutelage.db") as store:
        assert store.rankings(batch="judged") == store.rankings(batch=stage) != []
        said, again = store.ratings(batch=stage), store.ratings(batch="judged")
        assert len(said) == len(again)
        assert set(said) == set(again) != set()
        assert store.rankings(batch="judged", purpose=Purpose.training) == []
