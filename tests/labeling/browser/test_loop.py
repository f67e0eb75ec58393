"""The whole loop by hand: prompts of the embedded world are sampled, ranked in the browser, frozen, and trained on."""

import json
from pathlib import Path

import pytest
from tests.labeling.browser.judging import mark_all, shown
from tests.labeling.browser.site import Site
from tests.labeling.browser.window import Page, Windows, expect, text_of

from tutelage.cli.main import dispatch
from tutelage.mini import World
from tutelage.mini.world import base_folder
from tutelage.schema import Prompt, Split

PROMPTS = 20


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def test_twenty_rankings_by_hand_make_a_reward_model(
    site: Site, windows: Windows, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    prompts = [prompt for prompt in world.prompts() if prompt.split is Split.train][:PROMPTS]
    rows = [{"prompt": prompt.text, "split": prompt.split} for prompt in prompts]
    Path("prompts.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    base = str(base_folder())
    tell("sample", base, "--prompts", "prompts.jsonl", "--count", "4", "--max-new-tokens", "24")
    tell("label", "add", "rank", "--completions", "samples")

    page = windows.open(site.add("Kim"), "/work/rank")
    for number in range(PROMPTS):
        judge(page, world)
        if number == PROMPTS - 1:
            windows.photograph(page, "twentieth")
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
    rankings = site.store.rankings(batch="rankings")
    assert {ranking.prompt.text for ranking in rankings} == {prompt.text for prompt in prompts}
    for ranking in rankings:
        worth = [world.utility(ranking.prompt, completion) for completion in ranking.completions]
        places = sorted(set(worth), reverse=True)
        assert [1 + places.index(each) for each in worth] == list(ranking.ranks), ranking.prompt.text

    tell("data", "freeze", "by hand")
    tell("data", "export", "rankings", "rankings.jsonl", "--at", "by hand")
    few = ("--recipe", "mini", "--set", "reward.epochs=2")
    tell("train", "reward", "--model", base, "--comparisons", "rankings.jsonl", "--out", "reward", *few)
    capsys.readouterr()
    for place in ("rankings.jsonl", "tutelage.db"):
        tell("evaluate", "reward", "reward", "--rankings", place)
        told = capsys.readouterr().out
        assert f"accuracy on {PROMPTS} rankings: " in told
        assert f", {sum(pairs(ranking.ranks) for ranking in rankings)} pairs" in told


def tell(*command: str) -> None:
    """A command that works."""
    assert dispatch(list(command), debug=True) == 0, command


def judge(page: Page, world: World) -> None:
    """Mark a task's outputs by what they are worth in the world, and have the marks order them."""
    prompt = Prompt(text=text_of(page.locator("#prompt .text")))
    worth = {text: world.utility(prompt, text) for text in shown(page).values()}
    places = sorted(set(worth.values()), reverse=True)
    mark_all(page, {text: 7 - places.index(each) for text, each in worth.items()})
    page.keyboard.press("s")


def pairs(ranks: tuple[int, ...]) -> int:
    """Untied pairs of a ranking."""
    return sum(one < other for one in ranks for other in ranks)
