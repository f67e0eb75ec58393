"""Outputs ordered with the mouse alone."""

import pytest
from tests.labeling.browser.judging import levels
from tests.labeling.browser.material import SOUP_OUTPUTS, soup_to_judge
from tests.labeling.browser.site import Site
from tests.labeling.browser.window import Locator, Page, Windows, expect

EMPTY: list[list[str]] = []


@pytest.fixture
def page(site: Site, windows: Windows) -> Page:
    """Step 2 of a task with four outputs, which lie in the tray."""
    site.store.queue.add([soup_to_judge()], "soup")
    page = windows.open(site.add("Moa"), "/work/rank")
    page.locator("#to-order").click()
    assert levels(page) == EMPTY
    return page


def test_an_output_falls_on_a_level_between_levels_and_back_into_the_tray(
    page: Page, windows: Windows
) -> None:
    drag(page, "A", page.locator(".ranked"))
    assert levels(page) == [["A"]]
    drag(page, "B", level(page, 1), at=0.97)
    assert levels(page) == [["A"], ["B"]]
    drag(page, "C", level(page, 2), at=0.03)
    assert levels(page) == [["A"], ["C"], ["B"]]
    drag(page, "D", level(page, 1), at=0.03)
    assert levels(page) == [["D"], ["A"], ["C"], ["B"]]
    hold(page, "D", level(page, 3))
    expect(page.locator(".ghost")).to_contain_text("D")
    expect(level(page, 3)).to_have_class("level falls-on")
    windows.photograph(page, "dragging")
    page.mouse.up()
    assert levels(page) == [["A"], ["C", "D"], ["B"]]
    drag(page, "C", page.locator(".unplaced"))
    assert levels(page) == [["A"], ["D"], ["B"]]
    expect(page.locator("#tray .letter")).to_have_text(["C"])
    expect(page.locator("#order-done")).to_have_text("3 of 4")


def test_what_is_dropped_nowhere_or_where_it_was_stays(page: Page) -> None:
    drag(page, "A", page.locator(".ranked"))
    drag(page, "B", page.locator(".site"))
    drag(page, "A", level(page, 1))
    assert levels(page) == [["A"]]
    expect(page.locator("#tray .letter")).to_have_text(["B", "C", "D"])


def test_escape_ends_a_drag_that_was_not_meant(page: Page) -> None:
    hold(page, "A", page.locator(".ranked"))
    page.keyboard.press("Escape")
    expect(page.locator(".ghost")).to_have_count(0)
    page.mouse.up()
    assert levels(page) == EMPTY


def test_a_ranking_made_with_the_mouse_is_stored(page: Page, site: Site) -> None:
    page.locator("#to-marks").click()
    page.locator("#output-0").get_by_role("radio", name="the prompt sets none").check()
    texts = page.locator("#marks .said .text").all_text_contents()
    for number, text in enumerate(texts):
        page.get_by_role("tab").nth(number).click()
        mark = 7 - SOUP_OUTPUTS.index(text)
        page.locator(f"#output-{number} .scale .likert label").nth(mark - 1).click()
    page.locator("#next").click()
    letters = dict(zip(texts, "ABCD", strict=True))
    drag(page, letters[SOUP_OUTPUTS[3]], page.locator(".ranked"))
    drag(page, letters[SOUP_OUTPUTS[2]], level(page, 1), at=0.03)
    drag(page, letters[SOUP_OUTPUTS[1]], level(page, 1))
    drag(page, letters[SOUP_OUTPUTS[0]], level(page, 1), at=0.03)
    page.locator("#send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
    assert [ranking.ranks for ranking in site.store.rankings()] == [(1, 2, 2, 3)]
    assert [rating.overall for rating in site.store.ratings()] == [7, 6, 5, 4]


def level(page: Page, number: int) -> Locator:
    """A level of the order, the best is 1."""
    return page.locator("#levels > li").nth(number - 1)


def hold(page: Page, letter: str, target: Locator, at: float = 0.5) -> None:
    """Drag a card by its handle over something, `at` this share of its height, and hold it there."""
    handle = page.locator(".ranked-card .handle").filter(has=page.get_by_text(letter, exact=True))
    handle.scroll_into_view_if_needed()
    start, end = handle.bounding_box(), target.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] * at, steps=6)


def drag(page: Page, letter: str, target: Locator, at: float = 0.5) -> None:
    """Drag a card, and let it fall."""
    hold(page, letter, target, at)
    page.mouse.up()
