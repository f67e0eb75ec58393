"""Several runs side by side: their names and order, what differs, and what can be compared."""

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from tests.report.test_page import Structure, plain

from tutelage.report import Mean, Results, Run, comparison_table, load_runs
from tutelage.report.comparison.differences import differing
from tutelage.report.comparison.page import render_comparison
from tutelage.report.comparison.run import run_names, sizes
from tutelage.report.comparison.topics import compare
from tutelage.report.comparison.wording import short_count
from tutelage.schema import InputError


def changed(results: Results, **update: object) -> Results:
    return results.model_copy(update=update)


def of_size(results: Results, parameters: int) -> Results:
    return changed(results, counts=results.counts | {"parameters": parameters})


def few(results: Results) -> Results:
    """What is drawn quickly: preference alone."""
    return Results(recipe=results.recipe, seed=1, preference=results.preference)


@pytest.fixture(scope="module")
def html(comparison_html: str) -> str:
    return comparison_html


@pytest.fixture(scope="module")
def page(html: str) -> Structure:
    return Structure(html)


def saved(folder: Path, results: Results) -> Path:
    folder.mkdir(parents=True)
    folder.joinpath("report.json").write_text(results.model_dump_json())
    return folder


def test_figures_of_both_runs_stand_side_by_side(page: Structure) -> None:
    text = plain(page.text)
    for said in (
        "PPO-ptx (by held-out labelers): 60.4 % (57.6–63.2) in good and 52.0 % (49.2–54.8) in weaker. "
        "The intervals do not overlap.",
        "PPO-ptx (nats a completion): 2.60 (2.50 to 2.70) in good and 2.60 (2.50 to 2.70) in weaker. "
        "The intervals overlap.",
        "good took 8 min 14 s and weaker took 8 min 14 s.",
    ):
        assert said in text
    for anchor in (
        "differences",
        "preference",
        "quality",
        "reward-model",
        "truthfulness",
        "toxicity",
        "bias",
        "tax",
    ):
        assert anchor in page.ids


def test_it_is_said_that_win_rates_have_their_own_baselines(page: Structure) -> None:
    assert "Each run's win rates are against its own SFT model." in page.text


def test_a_figure_of_one_run_alone_is_a_dash_in_the_other(html: str) -> None:
    cells = [plain(re.sub("<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", html)]
    place = next(number for number, cell in enumerate(cells) if cell == "0.56 (0.52 to 0.61)")
    assert cells[place - 1 : place + 2] == ["PPO-ptx", "0.56 (0.52 to 0.61)", "–"]
    assert "No two runs have the same of it." in html


def test_the_page_needs_nothing_beside_it(html: str, page: Structure) -> None:
    assert all(address.startswith("#") for address in page.addresses)
    assert "<script" not in html
    assert len(page.ids) == len(set(page.ids))


def test_equal_runs_give_equal_pages(good_run: Results, weaker: Results) -> None:
    one, other = (
        render_comparison([Run("good", few(good_run)), Run("weaker", few(weaker))]) for _ in range(2)
    )
    assert one == other


def test_what_differs_is_told_and_nothing_else(good_run: Results, weaker: Results) -> None:
    runs = [Run("good", of_size(good_run, 12_000)), Run("weaker", weaker)]
    assert differing(runs) == [
        ["Parameters", "12\u202f000", "–"],
        ["seed", "1", "4"],
        ["ppo.kl_coefficient", "0.03", "0.2"],
    ]


def test_the_smaller_models_come_first(good_run: Results, weaker: Results, tmp_path: Path) -> None:
    large, small = (
        saved(tmp_path / "l", of_size(few(good_run), 9)),
        saved(tmp_path / "s", of_size(few(weaker), 5)),
    )
    runs = load_runs([large, small])
    assert [run.name for run in runs] == ["s", "l"]
    assert sizes(runs) == {"s": 5, "l": 9}
    drawn = render_comparison(runs)
    assert "Each model over the number of its parameters" in drawn
    assert "the smaller models first" in drawn
    assert drawn.index('<th scope="col">s</th>') < drawn.index('<th scope="col">l</th>')


def test_without_sizes_the_order_is_the_given_one(good_run: Results, weaker: Results, tmp_path: Path) -> None:
    runs = load_runs([saved(tmp_path / "b", of_size(good_run, 9)), saved(tmp_path / "a", weaker)])
    assert [run.name for run in runs] == ["b", "a"]
    assert sizes(runs) is None
    assert sizes([Run("a", of_size(weaker, 7)), Run("b", of_size(good_run, 7))]) is None


def test_names_are_as_long_as_it_takes() -> None:
    assert run_names([Path("/runs/a"), Path("/runs/b")]) == ["a", "b"]
    assert run_names([Path("/one/mini"), Path("/other/mini")]) == ["one/mini", "other/mini"]


def test_the_same_run_twice_is_refused(good_run: Results, tmp_path: Path) -> None:
    folder = saved(tmp_path / "run", good_run)
    with pytest.raises(InputError, match="the same run twice; name each run once"):
        load_runs([folder, tmp_path / "other" / ".." / "run"])


def test_runs_without_a_common_figure_are_refused(good_run: Results) -> None:
    bare = Results(recipe={}, seed=0, seconds={"base": 1.0}, kl={"ppo_3": Mean(mean=1, low=0, high=2)})
    with pytest.raises(InputError, match="no figure that two of these runs have both measured"):
        compare([Run("a", good_run), Run("b", bare)])
    only = changed(bare, kl=good_run.kl)
    assert list(compare([Run("a", good_run), Run("b", only)])) != []


def test_hostile_names_of_runs_are_text(good_run: Results, weaker: Results) -> None:
    name = "<script>$\\frac{$</script>" + "x" * 200
    drawn = render_comparison([Run(name, few(good_run)), Run("b", few(weaker))])
    Structure(drawn)
    assert "<script" not in drawn


def test_the_terminal_shows_both(good_run: Results, weaker: Results) -> None:
    console = Console(width=110, file=StringIO(), color_system=None)
    console.print(comparison_table([Run("good", good_run), Run("weaker", weaker)]))
    assert isinstance(console.file, StringIO)
    rows = [" ".join(line.split()) for line in console.file.getvalue().splitlines()]
    for row in (
        "by held-out labelers PPO-ptx 60.4 ± 2.8 % 52.0 ± 2.8 %",
        "on training labelers 70.1 ± 1.3 % 70.1 ± 1.3 %",
        "entropy in bits: no instruction PPO-ptx 0.56 ± 0.04 –",
        "Facts of the world PPO −9.2 ± 1.5 −9.2 ± 1.5",
        "nats a completion PPO-ptx 2.60 ± 0.10 2.60 ± 0.10",
        "ppo.kl_coefficient 0.03 0.2",
        "Time 8 min 14 s 8 min 14 s",
    ):
        assert row in rows


@pytest.mark.parametrize(("number", "written"), [(950, "950"), (1_300_000_000, "1.3B"), (6_100_000, "6.1M")])
def test_sizes_are_written_as_papers_do(number: int, written: str) -> None:
    assert short_count(number) == written
