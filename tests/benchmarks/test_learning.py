"""The learning check: both ways are really taken, and their ends compared."""

from pathlib import Path

import pytest

from benchmarks import learning
from tutelage.pipeline.stages import labelers


def test_the_end_of_a_curve_is_the_mean_of_its_last_quarter() -> None:
    lines = [{"stage": "sft", "loss": float(step)} for step in range(8)]
    lines += [{"stage": "reward", "loss": 100.0}, {"stage": "sft", "other": 3.0}]
    assert learning.end_of(lines, "sft", "loss") == 6.5


def test_differences_stand_beside_what_seeds_differ_by() -> None:
    ends = {
        "fast": [dict.fromkeys(learning.CURVES, value) for value in (1.0, 2.0, 3.0)],
        "fast in fp32": [dict.fromkeys(learning.CURVES, value) for value in (2.5, 3.5, 4.5)],
        "plain": [dict.fromkeys(learning.CURVES, value) for value in (1.5, 2.5, 3.5)],
    }
    for row in learning.compared(ends).splitlines()[2:]:
        values = "| 1.000 2.000 3.000 | 2.500 3.500 4.500 | 1.500 2.500 3.500 |"
        assert row.endswith(f"{values} -0.500 ± 0.816 | +1.000 ± 0.816 |")


def test_what_was_run_is_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def learn(way: str, seed: int, settings: object, folder: Path) -> dict[str, float]:
        asked.append((way, seed))
        return {"curve": float(seed)}

    monkeypatch.setattr(learning, "learn", learn)
    for way, seed in (("fast", 0), ("plain", 0), ("fast", 0), ("fast", 1)):
        learning.keep(tmp_path / "kept.jsonl", way, seed, ())
    assert asked == [("fast", 0), ("plain", 0), ("fast", 1)]
    assert learning.read(tmp_path / "kept.jsonl")["fast", 1] == {"curve": 1.0}


def test_plain_paths_are_plain_only_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    from tutelage.models import Architecture, layout, new_policy
    from tutelage.rollout import batch

    model = new_policy(Architecture(16, 2, 2, 32, 24, 16), 0, eos_token_id=1, pad_token_id=0)
    with learning.by("plain"):
        assert not layout.packs(model)
        assert batch.decoding_step(model) is None
    with learning.by("fast"):
        assert layout.packs(model)
    assert batch.decoding_step(model) is not None


def test_both_ways_learn_from_start_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelers, "PROMPTS", 40)
    small = (
        "threads=1",
        "sft.demonstrations=16",
        "sft.validation_demonstrations=8",
        "sft.epochs=1",
        "rankings.prompts=16",
    )
    small += (
        "rankings.validation_prompts=8",
        "ppo.episodes=64",
        "ppo.batch_size=64",
        "ppo.value_warmup_iterations=0",
    )
    small += ("evaluation.prompts=8", "base.minimum_copy_accuracy=0", "sft.batch_size=8")
    for way in learning.WAYS:
        ends = learning.learn(way, 0, small, tmp_path / way)
        assert set(ends) == set(learning.CURVES)
