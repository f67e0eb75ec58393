"""Judging as a labeler does it: reading what a page shows, and marking it."""

from collections.abc import Mapping

from tests.labeling.browser.window import Page, expect, settle, text_of


def shown(page: Page) -> dict[str, str]:
    """By the letter of an output, its text."""
    panels = page.locator("#marks .output").all()
    return {
        panel.get_attribute("data-label") or "": text_of(panel.locator(".said .text")) for panel in panels
    }


def letter_of(page: Page, text: str) -> str:
    """The letter under which an output is shown."""
    return {each: letter for letter, each in shown(page).items()}[text]


def mark_all(page: Page, marks: Mapping[str, int]) -> None:
    """Step 1 by keyboard: a mark for each text, and that the prompt sets no constraint. Ends at step 2."""
    settle(page)
    expect(page.locator("#to-marks")).to_have_attribute("aria-current", "step")
    page.locator("#output-0").get_by_role("radio", name="the prompt sets none").check()
    for text in shown(page).values():
        page.keyboard.press(str(marks[text]))
        page.keyboard.press("ArrowRight")
    expect(page.locator("#to-order")).to_have_attribute("aria-current", "step")


def levels(page: Page) -> list[list[str]]:
    """The order as the page has it: on each level the letters."""
    return [
        [text_of(letter) for letter in level.locator(".letter").all()]
        for level in page.locator("#levels > li").all()
    ]
