"""What a person does on the page, and what there is to see."""

from tests.labeling.browser.window import Locator, Page, expect, settle
from tests.serving.browser.material import PROMPT


def write(page: Page, prompt: str = PROMPT) -> Locator:
    """Type a prompt."""
    field = page.get_by_role("textbox", name="Prompt")
    expect(field).to_be_visible()
    field.fill(prompt)
    return field


def ask(page: Page, prompt: str = PROMPT) -> None:
    """Put a prompt to the models, by keyboard."""
    settle(page)
    write(page, prompt).press("Control+Enter")


def columns(page: Page) -> Locator:
    """The models' answers."""
    return page.locator("article.answer")


def complete(page: Page, count: int) -> None:
    """Wait until all have answered."""
    expect(page.locator("article.answer[data-state=complete]")).to_have_count(count)


def texts(page: Page) -> list[str]:
    """What they say."""
    return [found.text_content() or "" for found in columns(page).locator(".text").all()]


def titles(page: Page) -> list[str]:
    """What stands above them."""
    return [found.text_content() or "" for found in columns(page).get_by_role("heading").all()]


def verdict(page: Page) -> Locator:
    """The bar in which one judges."""
    return page.get_by_role("region", name="Judgment")


def judged(page: Page, better: str) -> None:
    """Wait until a judgment is told."""
    expect(verdict(page)).to_contain_text(better)
