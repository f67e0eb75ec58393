"""What the tables say, from records made by hand."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.plan import QUICK, SCALING, Run
from benchmarks.records import Failure, Record

from benchmarks import scaling, table

Made = Callable[..., Record]
PPO, REWARD, SFT, SAMPLING = QUICK


def cells(text: str) -> list[list[str]]:
    """The rows below the first table's header."""
    lines = text.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_ratio_that_counts_is_to_the_fastest_setting(record: Made) -> None:
    ours = [record(replace(SFT, seed=seed), rate) for seed, rate in enumerate((300, 200, 400))]
    padded = [
        record(replace(SFT, setting="padded", seed=seed), rate) for seed, rate in enumerate((90, 100, 140))
    ]
    packed = [record(replace(SFT, setting="packed"), 150.0, peak_bytes=600_000_000)]
    assert cells(table.comparison([*ours, *padded, *packed], 0.97)) == [
        [
            "SFT",
            "tiny, 6 M",
            "200 – 300 – 400 tokens/s",
            "TRL SFTTrainer, packed: 150",
            "**2.0×**",
            "12 / 12 %",
            "300 / 600",
        ],
        ["", "", "", "TRL SFTTrainer, padded: 90.00 – 100 – 140", "3.0×", "12 / 12 %", "300 / 300"],
    ]


def test_dropped_and_failed_runs_are_told_and_do_not_count(record: Made) -> None:
    theirs = replace(SAMPLING, setting="static")
    text = table.comparison(
        [
            record(SAMPLING, 30.0),
            record(SAMPLING, 99.0, cpu_share=0.9),
            record(theirs, 10.0),
            Failure(theirs, "no room"),
        ],
        0.97,
    )
    assert "**3.0×**" in text
    assert "1 of 3 runs had less than 97% of their core and were dropped." in text
    assert "Failed: sampling, lengths as in use, tiny, 6 M, static: no room" in text


def test_a_case_without_undisturbed_runs_says_so(record: Made) -> None:
    [row] = cells(table.comparison([record(REWARD), record(replace(REWARD, setting="fp32"), 1.0, 0.5)], 0.97))
    assert row[2] == "no undisturbed runs of both"


def test_phases_of_ppo_have_seconds_a_step_and_shares(record: Made) -> None:
    text = table.comparison([record(PPO), record(replace(PPO, setting="mixed"))], 0.97)
    row = "2.00 (50 %) | 2.00 (50 %) | 4.00 (25 %) |"
    assert f"| tiny, 6 M, lengths as in use | ours | {row}" in text
    assert f"| tiny, 6 M, lengths as in use | mixed | {row}" in text


def test_a_page_keeps_what_is_around_its_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n", encoding="utf-8")
    table.put(page, "x", "new")
    assert page.read_text(encoding="utf-8") == "a\n<!-- x:begin -->\nnew\n<!-- x:end -->\nb\n"


@pytest.mark.parametrize("power", [0.5, 1, 2])
def test_slopes_are_the_powers_that_things_grow_by(power: float) -> None:
    sizes = [10, 20, 40, 80]
    assert scaling.slope(sizes, [3 * size**power for size in sizes]) == pytest.approx(power)


def test_scaling_tells_seconds_a_step_and_memory_above_idle(record: Made, tmp_path: Path) -> None:
    title = "K, completions"

    def measured(run: Run, factor: int) -> Record:
        return record(run, peak_bytes=100_000_000 + 50_000_000 * factor)

    outcomes = [measured(run, k) for k, run in SCALING[title].items()]
    found = scaling.curves(outcomes, 0.97)
    assert found == {title: {k: (2.0, 50.0 * k) for k in (2, 4, 8, 16)}}  # 8 seconds are 4 steps
    assert f"| {title} | 2 → 16 | 2.00 → 2.00 | 0.00 | 100 → 800 | 1.00 |" in scaling.slopes(found)
    scaling.draw(found, tmp_path / "figures" / "scaling.svg")
    assert (tmp_path / "figures" / "scaling.svg").read_text(encoding="utf-8").count("<svg") == 1
