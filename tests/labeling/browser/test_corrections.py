"""Answers seen differently later: the last word counts, and every word stays in the journal."""

from tests.labeling.browser.judging import levels, mark_all
from tests.labeling.browser.material import SOUP_OUTPUTS, soup_to_judge
from tests.labeling.browser.site import Site
from tests.labeling.browser.window import Locator, Page, Windows, expect

from tutelage.schema import Prompt, Task, TaskKind


def test_a_demonstration_is_corrected(site: Site, windows: Windows) -> None:
    task = Task(kind=TaskKind.demonstrate, prompt=Prompt(text="How many legs has a spider?"))
    site.store.queue.add([task], "animals")
    page = windows.open(site.add("Ana"), "/work/demonstrate")
    page.get_by_role("textbox", name="The wanted answer").fill("Six.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")

    page.get_by_role("link", name="My answers").click()
    page.get_by_role("link", name="Correct").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Correct: Write an answer")
    expect(page.get_by_role("textbox", name="The wanted answer")).to_have_value("Six.")
    page.get_by_role("textbox", name="The wanted answer").fill("Eight.")
    page.get_by_role("button", name="Send the correction").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My answers")
    expect(states(page)).to_have_text(["corrected", "replaced or set aside"])
    expect(page.get_by_role("link", name="Correct")).to_have_count(1)
    windows.photograph(page, "mine")
    assert [each.completion for each in site.store.demonstrations()] == ["Eight."]
    assert [line.answer["completion"] for line in site.store.journal.lines("Ana")] == ["Six.", "Eight."]


def test_a_ranking_is_corrected_from_where_it_stood(site: Site, windows: Windows) -> None:
    site.store.queue.add([soup_to_judge()], "soup")
    page = windows.open(site.add("Ana"), "/work/rank")
    mark_all(page, dict(zip(SOUP_OUTPUTS, (7, 5, 3, 1), strict=True)))
    page.keyboard.press("s")
    stood = levels(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
    assert [each.ranks for each in site.store.rankings()] == [(1, 2, 3, 4)]

    page.goto("/mine")
    page.get_by_role("link", name="Correct").click()
    expect(page.locator("#marks-done")).to_have_text("4 of 4")
    page.locator("#to-order").click()
    assert levels(page) == stood
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "t"):  # the second, tied with the first
        page.keyboard.press(key)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("My answers")
    assert [each.ranks for each in site.store.rankings()] == [(1, 1, 2, 3)]
    assert len(site.store.ratings()) == 4


def test_somebody_who_leaves_it_as_it_was_changes_nothing(site: Site, windows: Windows) -> None:
    task = Task(kind=TaskKind.demonstrate, prompt=Prompt(text="How many legs has a spider?"))
    site.store.queue.add([task], "animals")
    page = windows.open(site.add("Ana"), "/work/demonstrate")
    page.get_by_role("textbox", name="The wanted answer").fill("Eight.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
    page.goto("/mine")
    page.get_by_role("link", name="Correct").click()
    page.get_by_role("textbox", name="The wanted answer").fill("Ten, or so.")
    page.get_by_role("link", name="Leave it as it was").click()
    expect(states(page)).to_have_text(["counts"])
    assert [each.completion for each in site.store.demonstrations()] == ["Eight."]


def states(page: Page) -> Locator:
    """What "My answers" says of each."""
    return page.locator("tbody tr td:nth-of-type(4)")
