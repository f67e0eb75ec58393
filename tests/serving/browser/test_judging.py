"""Judging: the models are unknown until one has chosen, and what is said goes where the page says."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.labeling.browser.window import expect
from tests.serving.browser.material import ANSWERS, PROMPT, TWO
from tests.serving.browser.reading import ask, columns, complete, judged, texts, titles, verdict
from tests.serving.test_playground import PASSWORD, hire

from tutelage.schema import Group, Purpose

Open = Callable[..., Any]


def press_for(page: Any, answer: str) -> None:
    """Choose an answer by its key."""
    page.keyboard.press(str(1 + texts(page).index(answer)))


@pytest.mark.parametrize("group", Group)
def test_a_labelers_choice_is_kept_as_an_evaluation(opened: Open, group: Group) -> None:
    site, windows = opened(TWO)
    page = windows.open(site.add("Ann", group=group))
    ask(page)
    complete(page, 2)
    assert titles(page) == ["Answer 1", "Answer 2"]
    expect(verdict(page)).to_contain_text("It is kept as your evaluation.")
    press_for(page, TWO["ppo_ptx"])
    judged(page, "ppo_ptx is better than sft. Kept. In this window so far: ppo_ptx 1.")
    assert sorted(title[2:] for title in titles(page)) == sorted(TWO)
    expect(columns(page).filter(has_text=TWO["ppo_ptx"])).to_have_attribute("data-rank", "1")
    [ranking] = site.store.rankings(batch="playground", purpose=Purpose.evaluation)
    assert (ranking.labeler, ranking.prompt.text) == ("Ann", PROMPT)
    ranks = dict(zip(ranking.sources, ranking.ranks, strict=True))
    assert ranks == {"ppo_ptx": 1, "sft": 2}
    assert dict(zip(ranking.sources, ranking.completions, strict=True)) == TWO
    assert site.store.collection.feedback() == []


def test_three_are_put_in_order_by_two_keys_and_a_choice_can_be_taken_back(opened: Open) -> None:
    site, windows = opened()
    page = windows.open(site.add("Ann"), height=860, dark=True)
    ask(page)
    complete(page, 3)
    press_for(page, ANSWERS["base"])
    expect(verdict(page)).to_contain_text("Which of the others is better?")
    page.keyboard.press("Escape")
    expect(verdict(page)).to_contain_text("Which answer is best?")
    press_for(page, ANSWERS["sft"])
    press_for(page, ANSWERS["sft"])  # chosen already: the key does nothing
    press_for(page, ANSWERS["ppo_ptx"])
    judged(page, "sft, then ppo_ptx, then base.")
    windows.photograph(page, "judged")
    [ranking] = site.store.rankings()
    assert dict(zip(ranking.sources, ranking.ranks, strict=True)) == {"sft": 1, "ppo_ptx": 2, "base": 3}
    verdict(page).get_by_role("button", name="Another prompt").click()
    expect(page.get_by_role("textbox", name="Prompt")).to_be_focused()


@pytest.mark.parametrize("key", ["0", "e"])
def test_equal_is_an_answer_too(opened: Open, key: str) -> None:
    site, windows = opened()
    page = windows.open(site.add("Ann"))
    ask(page)
    complete(page, 3)
    page.keyboard.press(key)
    judged(page, "Equally good. Kept.")
    assert site.store.rankings()[0].ranks == (1, 1, 1)


def test_a_visitors_choice_is_feedback_by_click(opened: Open) -> None:
    site, windows = opened(TWO, collect=True)
    page = windows.open(height=900)
    ask(page)
    complete(page, 2)
    expect(verdict(page)).to_contain_text("It is kept as feedback.")
    windows.photograph(page, "to judge")
    place = texts(page).index(TWO["sft"])
    verdict(page).get_by_role("button", name=f"Answer {place + 1}").click()
    judged(page, "sft is better than ppo_ptx. Kept.")
    [kept] = site.store.collection.feedback()
    assert dict(zip(kept.sources, kept.ranks, strict=True)) == {"sft": 1, "ppo_ptx": 2}
    assert kept.user == page.locator("#user").text_content()
    assert site.store.rankings() == []


@pytest.mark.parametrize(
    ("collect", "told"),
    [(False, "This server keeps nothing: it stays in this window."),
     (True, "You are not recorded: it stays in this window.")],
)  # fmt: skip
def test_where_nothing_is_kept_the_page_says_so_and_counts_for_the_reader(
    opened: Open, collect: bool, told: str
) -> None:
    site, windows = opened(TWO, collect=collect)
    page = windows.open()
    if collect:
        page.get_by_label("Keep nothing of mine").check()
    for count in (1, 2):
        ask(page)
        complete(page, 2)
        expect(verdict(page)).to_contain_text(told)
        press_for(page, TWO["sft"])
        judged(page, f"sft is better than ppo_ptx. In this window so far: sft {count}.")
    assert site.store.collection.feedback() == []
    assert site.store.collection.rows() == []
    assert site.store.rankings() == []


def test_collection_is_told_of_and_the_choice_against_it_lasts(opened: Open) -> None:
    site, windows = opened(TWO, collect=True)
    page = windows.open()
    notice = page.get_by_role("complementary", name="Collection")
    expect(notice).to_contain_text("This server keeps what you ask and what it answers")
    user = page.locator("#user").text_content()
    ask(page, "kept")
    complete(page, 2)
    notice.get_by_label("Keep nothing of mine").check()
    expect(verdict(page)).to_contain_text("You are not recorded")
    page.reload()
    expect(notice.get_by_label("Keep nothing of mine")).to_be_checked()
    ask(page, "not kept")
    complete(page, 2)
    windows.photograph(page, "notice")
    notice.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What is kept of what you ask")
    expect(page.locator("#user")).to_have_text(user)
    rows = site.store.collection.rows()
    assert [(row.prompt, row.origin, row.user) for row in rows] == [("kept", "playground", user)] * 2


def test_who_looks_at_the_names_does_not_judge(opened: Open) -> None:
    site, windows = opened()
    page = windows.open(site.add("Ann"))
    ask(page)
    complete(page, 3)
    page.get_by_label("Hide the names until I judge").uncheck()
    assert sorted(title[2:] for title in titles(page)) == sorted(ANSWERS)
    expect(verdict(page)).to_be_hidden()
    ask(page)
    complete(page, 3)
    assert titles(page) == ["1 base", "2 sft", "3 ppo_ptx"]
    page.keyboard.press("1")
    expect(verdict(page)).to_be_hidden()
    assert site.store.rankings() == []


def test_the_same_words_are_not_compared(opened: Open) -> None:
    site, windows = opened({"one": "plum.", "other": "plum."})
    page = windows.open(site.add("Ann"))
    ask(page)
    complete(page, 2)
    judged(page, "The answers are the same, word for word.")
    page.keyboard.press("1")
    assert site.store.rankings() == []


def test_of_three_with_two_of_the_same_words_those_two_tie(opened: Open) -> None:
    site, windows = opened({"one": "plum.", "other": "plum.", "third": "a car."})
    page = windows.open(site.add("Ann"))
    ask(page)
    complete(page, 3)
    press_for(page, "plum.")
    judged(page, ", then third.")
    [ranking] = site.store.rankings()
    assert dict(zip(ranking.sources, ranking.ranks, strict=True)) == {"one": 1, "other": 1, "third": 2}


def test_a_labeler_signs_in_on_the_page_and_out_again_and_the_prompt_is_kept(opened: Open) -> None:
    site, windows = opened(TWO)
    windows.allow("401")
    hire(site.store, "Ann")
    page = windows.open()
    ask(page)
    complete(page, 2)
    page.get_by_role("button", name="Sign in").click()
    dialog = page.get_by_role("dialog", name="Sign in as a labeler")
    dialog.get_by_label("Name").fill("Ann")
    dialog.get_by_label("Password").fill("wrong password")
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog.get_by_role("alert")).to_have_text("The name or the password is not right.")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_label("Password").press("Enter")
    expect(page.get_by_role("banner")).to_contain_text("Ann")
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value(PROMPT)
    page.get_by_role("button", name="Ask").click()
    complete(page, 2)
    expect(verdict(page)).to_contain_text("It is kept as your evaluation.")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
