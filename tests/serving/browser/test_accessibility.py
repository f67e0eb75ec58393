"""Every state of the pages by axe's rules, light and dark, wide and on a phone; nothing is wider than its window."""

from collections.abc import Callable
from typing import Any, Literal

import pytest
from tests.labeling.browser.window import Page, expect, fits, settle
from tests.serving.browser.reading import ask, columns, complete, write

axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe checks the pages: install .[dev]"
)

Open = Callable[..., Any]
VIEWS: dict[str, tuple[int, Literal["light", "dark"]]] = {
    "wide-light": (1280, "light"),
    "wide-dark": (1280, "dark"),
    "phone-light": (360, "light"),
    "phone-dark": (360, "dark"),
}
"""Width and colours."""
FOCUSED = """() => {
    const element = document.activeElement;
    if (element === document.body) return ["nothing", 0];
    const { outlineWidth } = getComputedStyle(element.closest(".chip, form:has(#prompt:focus)") ?? element);
    return [element.id || element.textContent.trim(), parseFloat(outlineWidth)];
}"""
"""What has the focus, and how thick the line around it is, in pixels."""


def first(page: Page) -> None:
    """As it opens."""
    expect(page.get_by_role("textbox", name="Prompt")).to_be_visible()


def answered(page: Page) -> None:
    """Three answers to be judged, and another prompt in the field."""
    ask(page)
    complete(page, 3)
    write(page, "And what is the longest of them?")


def judged(page: Page) -> None:
    """The names are known."""
    ask(page)
    complete(page, 3)
    for _ in range(2):
        page.locator("#verdict button").first.click()
    expect(page.locator("#verdict")).to_contain_text("then")


def failed(page: Page) -> None:
    """No answer."""
    first(page)
    page.context.set_offline(True)
    ask(page)
    expect(columns(page).first).to_contain_text("The server cannot be reached.")


def signing_in(page: Page) -> None:
    """The dialog for labelers."""
    page.get_by_role("button", name="Sign in").click()


def keys(page: Page) -> None:
    """The list of keys."""
    settle(page)
    page.get_by_role("button", name="Keys").click()


def collection(page: Page) -> None:
    """What is kept."""
    page.get_by_role("link", name="What is kept").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("kept")


STATES = {each.__name__: each for each in (first, answered, judged, failed, signing_in, keys, collection)}


@pytest.mark.parametrize("state", STATES)
def test_no_state_breaks_a_rule_of_axe(opened: Open, state: str) -> None:
    _, windows = opened(collect=True)
    windows.allow("ERR_INTERNET_DISCONNECTED")
    page = windows.open()
    STATES[state](page)
    for view, (width, colours) in VIEWS.items():
        page.set_viewport_size({"width": width, "height": 860 if width > 360 else 740})
        page.emulate_media(color_scheme=colours)
        assert violations(page) == [], view
        assert fits(page), view
        windows.photograph(page, view)


def violations(page: Page) -> list[str]:
    """What axe finds, with the elements that it finds it in."""
    found = axe.Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


def test_all_of_it_can_be_done_by_keyboard_and_the_focus_is_seen(opened: Open) -> None:
    _, windows = opened()
    page = windows.open()
    ask(page)
    complete(page, 3)
    expect(page.locator("#answers")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.get_by_role("textbox", name="Prompt")).to_be_focused()
    page.keyboard.press("1")  # typed, not judged
    expect(page.locator("#verdict")).to_contain_text("Which answer is best?")
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(FOCUSED)
        seen.add(name)
        assert name == "nothing" or outline >= 2, name
    assert {
        "temperature",
        "longest",
        "seed",
        "blind",
        "ask",
        "keep-seed",
        "Answer 1 1",
        "Equally good e",
    } <= seen
