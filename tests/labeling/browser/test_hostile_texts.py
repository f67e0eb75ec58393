"""Texts that would like to be more than texts: they are shown as they are, and do nothing."""

import pytest
from tests.labeling.browser.judging import levels, shown
from tests.labeling.browser.site import Site
from tests.labeling.browser.window import Page, Windows, expect, fits, text_of

from tutelage.schema import Prompt, Role, Task, TaskKind

PHONE = 360
"""Pixels."""

PROMPT = (
    "\n  </div></script><script>window.taken = true; alert(1)</script> {{ 7 * 7 }} "
    "&lt;b&gt;not bold&lt;/b&gt; &amp;"
)
OUTPUTS = (
    "<img src=x onerror='window.taken = true'><style>body { display: none }</style>",
    "w" * 100_000,
    "\u202eeman laer ym si siht\u202c and \u2066\u200f\u05e9\u05dc\u05d5\u05dd\u2069, \u0645\u0631\u062d\u0628\u0627",
    "\U0001f469\u200d\U0001f4bb \U0001f3f3\ufe0f\u200d\U0001f308 "
    "Z\u0336\u0321a\u0353\u0334l\u0337g\u0338o\u0335 &#x1F600; &quot;",
    "[click](javascript:alert(1)) <a href='https://example.org'>here</a> <iframe src='//example.org'></iframe>",
)

NAME = "<img src=x onerror='window.taken = true'> & Söhne?"


@pytest.fixture
def page(site: Site, windows: Windows) -> Page:
    """A task of such texts, on a phone."""
    task = Task(kind=TaskKind.rank, prompt=Prompt(text=PROMPT), completions=OUTPUTS, sources=OUTPUTS)
    site.store.queue.add([task], "<b>batch</b>")
    return windows.open(site.add("Ana"), "/work/rank", width=PHONE, height=740)


def test_prompt_and_outputs_are_shown_as_text_in_both_steps(page: Page) -> None:
    assert text_of(page.locator("#prompt .text")) == PROMPT
    assert sorted(shown(page).values()) == sorted(OUTPUTS)
    for number in range(len(OUTPUTS)):
        page.get_by_role("tab").nth(number).click()
        assert fits(page)
    page.locator("#to-order").click()
    for _ in OUTPUTS:
        page.keyboard.press("Enter")
    assert len(levels(page)) == len(OUTPUTS)
    assert fits(page)
    page.keyboard.press("d")
    sides = page.locator("#one-text, #other-text")
    expect(sides).to_have_count(2)
    assert all(text_of(side) in OUTPUTS for side in sides.all())
    assert fits(page)
    assert nothing_ran(page)


def test_a_labelers_name_and_a_batchs_name_are_texts_too(site: Site, windows: Windows, page: Page) -> None:
    site.add(NAME)
    owner = windows.open(site.add("Olga", Role.owner), "/people", width=PHONE)
    for path in ("/people", "/overview", "/queue", "/export"):
        owner.goto(path)
        assert fits(owner), path
        assert nothing_ran(owner)
    owner.goto("/people")
    owner.get_by_role("link", name=NAME).click()
    expect(owner.get_by_role("heading", level=1)).to_have_text(NAME)
    assert nothing_ran(owner)
    owner.goto("/overview")
    expect(owner.get_by_role("rowheader", name="<b>batch</b>")).to_be_visible()


def test_what_a_labeler_writes_comes_back_as_it_was_typed(site: Site, windows: Windows) -> None:
    site.store.queue.add([Task(kind=TaskKind.demonstrate, prompt=Prompt(text=PROMPT))], "texts")
    typed = "</textarea><script>window.taken = true</script>\u202e \U0001f469\u200d\U0001f4bb\n\n  &amp; "
    page = windows.open(site.add("Ana"), "/work/demonstrate", width=PHONE)
    page.get_by_role("textbox", name="The wanted answer").fill(typed)
    expect(page.locator("#saved")).to_have_text("Saved")
    page.evaluate("localStorage.clear()")  # so that the draft comes from the server
    page.reload()
    expect(page.get_by_role("textbox", name="The wanted answer")).to_have_value(typed)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
    assert [each.completion for each in site.store.demonstrations()] == [typed]
    page.goto("/mine")
    expect(page.locator("td .excerpt")).to_contain_text("<script>window.taken = true; alert(1)</script>")
    assert fits(page)
    page.get_by_role("link", name="Correct").click()
    expect(page.get_by_role("textbox", name="The wanted answer")).to_have_value(typed)
    assert nothing_ran(page)


def test_instructions_are_markdown_in_which_html_is_text(site: Site, windows: Windows) -> None:
    text = "# Rules\n\n<script>window.taken = true</script>\n\n[a](javascript:alert(1)) *well*"
    owner = windows.open(site.add("Olga", Role.owner), "/instructions/rank/edit", width=PHONE)
    owner.get_by_label("Text, in Markdown").fill(text)
    owner.get_by_role("button", name="Publish").click()
    shown_text = owner.get_by_role("article")
    expect(shown_text.get_by_role("heading", name="Rules")).to_be_visible()
    expect(shown_text.get_by_text("<script>window.taken = true</script>")).to_be_visible()
    expect(shown_text.locator("em")).to_have_text("well")
    expect(shown_text.locator("a")).to_have_count(0)
    assert nothing_ran(owner)


def nothing_ran(page: Page) -> bool:
    """Whether no script of a text has run; that no dialog came up is seen to where windows are closed."""
    return bool(page.evaluate("window.taken === undefined"))
