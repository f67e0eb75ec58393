"""Numbers in words, curves from the log, differences to the paper, and the terminal's tables."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tutelage.recipe import Recipe
from tutelage.report import Rate, Results, TaskScore, read_curves, terminal_table
from tutelage.report.differences import differences
from tutelage.report.figures.training_curves import smoothed
from tutelage.report.names import stage_name
from tutelage.report.page import whole_figure
from tutelage.report.wording import (
    decimal_interval,
    duration,
    percent_interval,
    points_interval,
    unbroken,
)


def test_numbers_are_written_with_their_intervals() -> None:
    assert percent_interval(Rate(rate=0.6134, low=0.58, high=0.6449)) == "61.3 % (58.0–64.5)"
    change = TaskScore(score=-0.0123, low=-0.025, high=0.001)
    assert points_interval(change) == "−1.2 (−2.5 to +0.1)"
    assert decimal_interval(TaskScore(score=-1.618, low=-1.65, high=-1.59)) == "−1.62 (−1.65 to −1.59)"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(8.24, "8.2 s"), (59.97, "1 min 00 s"), (200, "3 min 20 s"), (7500, "2 h 05 min"), (0, "0.0 s")],
)
def test_durations(seconds: float, written: str) -> None:
    assert duration(seconds) == written


def test_lines_break_between_words_only() -> None:
    assert unbroken("PPO-ptx wins 60.4 % (85 ± 3 %)") == "PPO‑ptx wins 60.4\u00a0% (85\u00a0±\u00a03\u00a0%)"
    assert unbroken("57.6–63.2, held-out") == "57.6–\u206063.2, held-out"
    whole = '<span class="whole">−1.2</span> <span class="whole">(−2.5 to +0.1)</span>'
    assert whole_figure("−1.2 (−2.5 to +0.1)") == whole
    assert whole_figure("more < less (mostly) here") == "more &lt; less (mostly) here"


def test_rounds_are_named() -> None:
    assert [stage_name(stage) for stage in ("ppo_ptx", "ppo_ptx_2", "reward_3", "data")] == [
        "PPO-ptx",
        "PPO-ptx, round 2",
        "Reward model, round 3",
        "Data",
    ]


def test_the_paper_has_no_differences_to_itself() -> None:
    assert differences(Recipe().model_dump(mode="json")) == []


def test_differences_are_told_in_the_recipes_order() -> None:
    recipe = Recipe(name="mini", seed=7, world="mini", threads=2).model_dump(mode="json")
    recipe["ppo"]["kl_coefficient"] = 0.05
    recipe["ppo"]["episodes"] = 12_800
    found = differences(recipe)
    assert [(one.field, one.paper, one.here) for one in found] == [
        ("threads", "0", "2"),
        ("world", "none", "mini"),
        ("ppo.episodes", "256\u2009000", "12\u2009800"),
        ("ppo.kl_coefficient", "0.02", "0.05"),
    ]
    assert all(one.description for one in found)


def log(folder: Path, lines: list[dict[str, float | str]]) -> Path:
    path = folder / "metrics.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_curves_are_read_from_the_log(tmp_path: Path) -> None:
    lines: list[dict[str, float | str]] = [
        {"stage": "ppo", "step": 1, "episodes": 256, "score": 0.1},
        {"stage": "sft", "step": 1, "loss": 2.0},
        {"stage": "ppo", "step": 2, "episodes": 512, "score": 0.2, "utility": 4.9, "kl": float("nan")},
        {"stage": "other", "step": 1, "loss": 9.0},
    ]
    curves = read_curves(log(tmp_path, lines), ["sft", "ppo", "ppo_ptx"])
    assert list(curves) == ["sft", "ppo"]
    assert (curves["ppo"]["score"].x, curves["ppo"]["score"].y) == ([256, 512], [0.1, 0.2])
    assert (curves["ppo"]["utility"].x, curves["ppo"]["utility"].y) == ([512], [4.9])
    assert "kl" not in curves["ppo"]
    assert curves["sft"]["loss"].x == [1]


def test_no_log_gives_no_curves(tmp_path: Path) -> None:
    assert read_curves(tmp_path / "metrics.jsonl", ["ppo"]) == {}


def test_a_long_log_is_averaged(tmp_path: Path) -> None:
    lines: list[dict[str, float | str]] = [
        {"stage": "base", "step": step, "loss": float(step % 3)} for step in range(1, 1201)
    ]
    series = read_curves(log(tmp_path, lines), ["base"])["base"]["loss"]
    assert len(series.x) == 400
    assert (series.x[0], series.x[-1]) == (2, 1199)
    assert series.y == [1.0] * 400


def test_smoothing_keeps_straight_lines_and_both_ends() -> None:
    line = np.linspace(-1, 4, 37)
    assert smoothed(line.tolist()) == pytest.approx(line)
    assert smoothed([0, 0, 9, 0, 0]) == pytest.approx([0, 3, 3, 3, 0])


def printed(results: Results, width: int = 100) -> str:
    console = Console(width=width, file=StringIO(), color_system=None)
    console.print(terminal_table(results))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_the_terminal_tells_what_counts(results: Results) -> None:
    lines = printed(results).splitlines()

    def row(start: str) -> list[str]:
        return next(line for line in lines if line.startswith(start)).split()

    assert lines[0].strip() == "Held-out labelers prefer PPO-ptx to SFT, 60 % of the time."
    assert row("PPO-ptx  ")[:4] == ["PPO-ptx", "60.4", "%", "(57.6–63.2)"]
    assert row("PPO-ptx  ")[-2:] == ["5.16", "2.60"]
    assert "73.1" in row("Best of 8 by the oracle")
    assert row("training labelers")[2:] == ["70.1", "%", "(68.8–71.4)", "73.1", "%"]
    assert row("Facts of the world")[-6:] == ["−9.2", "±", "1.5", "−1.3", "±", "1.5"]
    assert row("in all") == ["in", "all", "8", "min", "14", "s"]


def test_the_terminal_leaves_out_what_was_not_measured(bare_results: Results) -> None:
    text = printed(bare_results)
    assert "by the judging model" in text
    assert "Alignment tax" not in text
    assert "utility" not in text
    assert "Preferences are judged by a second reward model." in text
