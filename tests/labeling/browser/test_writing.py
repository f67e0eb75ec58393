"""Answers and prompts that labelers write, and tasks that they leave to others."""

from tests.labeling.browser.site import Site
from tests.labeling.browser.window import Page, Windows, expect

from tutelage.schema import Demonstration, Kind, Prompt, Task, TaskKind, UseCase

HAIKU = Prompt(text="Write a haiku about the first snow.")
ANSWER = "First snow on the roof –\nthe cat writes a single line\nand will not sign it."


def test_what_was_typed_is_there_after_a_reload_and_is_stored_as_typed(site: Site, windows: Windows) -> None:
    site.store.queue.add([Task(kind=TaskKind.demonstrate, prompt=HAIKU)], "haikus")
    page = windows.open(site.add("Ana"), "/work/demonstrate")
    field = page.get_by_role("textbox", name="The wanted answer")
    expect(field).to_be_focused()
    page.get_by_role("button", name="Send").click(force=True)  # it says that it is not ready, and why
    expect(page.locator("#reason")).to_have_text("There is no answer yet.")
    with page.expect_response("**/draft") as kept:
        field.press_sequentially(ANSWER[:20])
    assert kept.value.status == 204
    expect(page.locator("#saved")).to_have_text("Saved")
    page.reload()
    expect(field).to_have_value(ANSWER[:20])
    field.press("End")
    field.press_sequentially(ANSWER[20:])
    expect(page.locator("#completion-length")).to_have_text("75 characters, 16 words")
    windows.photograph(page, "demonstration")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
    assert site.store.demonstrations(batch="haikus") == [
        Demonstration(prompt=HAIKU, completion=ANSWER, labeler="Ana")
    ]


def test_the_last_letters_before_the_window_closes_are_kept(site: Site, windows: Windows) -> None:
    site.store.queue.add([Task(kind=TaskKind.demonstrate, prompt=HAIKU)], "haikus")
    page = windows.open(site.add("Ana"), "/work/demonstrate")
    page.get_by_role("textbox", name="The wanted answer").press_sequentially("First snow on the roof")
    page.reload()  # at once, before anything was sent
    expect(page.get_by_role("textbox", name="The wanted answer")).to_have_value("First snow on the roof")


def test_a_draft_waits_for_its_labeler_on_another_machine(site: Site, windows: Windows) -> None:
    site.store.queue.add([Task(kind=TaskKind.demonstrate, prompt=HAIKU)], "haikus")
    ana = site.add("Ana")
    page = windows.open(ana, "/work/demonstrate")
    page.get_by_role("textbox", name="The wanted answer").fill(ANSWER)
    expect(page.locator("#saved")).to_have_text("Saved")
    elsewhere = windows.open(ana, "/work/demonstrate")
    expect(elsewhere.get_by_role("textbox", name="The wanted answer")).to_have_value(ANSWER)


def test_a_plain_prompt_comes_with_its_use_case_and_answer(site: Site, windows: Windows) -> None:
    site.store.queue.add([Task(kind=TaskKind.write)], "written")
    page = windows.open(site.add("Ana"), "/work/write")
    page.get_by_role("combobox", name="Use case").select_option("brainstorming")
    page.get_by_role("textbox", name="The prompt").fill("Ten names for a snail.")
    page.get_by_text("Write your answer to it too").click()
    page.get_by_label("Your answer").fill("Speedy, of course.")
    windows.photograph(page, "plain")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
    prompt = Prompt(text="Ten names for a snail.", use_case=UseCase.brainstorming, kind=Kind.plain)
    assert [(each.text, each.use_case, each.kind) for each in site.store.prompts(batch="written")] == [
        (prompt.text, prompt.use_case, prompt.kind)
    ]
    assert [each.completion for each in site.store.demonstrations(batch="written")] == ["Speedy, of course."]


def test_a_few_shot_prompt_is_an_instruction_and_pairs(site: Site, windows: Windows) -> None:
    site.store.queue.add([Task(kind=TaskKind.write, prompt_kind=Kind.few_shot)], "written")
    page = windows.open(site.add("Ana"), "/work/write")
    expect(page.get_by_text("Wanted: few-shot")).to_be_visible()
    page.get_by_label("Instruction", exact=True).fill("Give the opposite.")
    page.get_by_role("button", name="Send").click(force=True)  # it says that it is not ready, and why
    expect(page.locator("#reason")).to_have_text("Write at least two pairs.")
    first, second = page.get_by_role("group", name="Pair 1"), page.get_by_role("group", name="Pair 2")
    first.get_by_label("Query").fill("hot")
    page.get_by_role("button", name="Send").click(force=True)  # it says that it is not ready, and why
    expect(page.locator("#reason")).to_have_text("One pair is only half written.")
    first.get_by_label("Response").fill("cold")
    second.get_by_label("Query").fill("wet")
    second.get_by_label("Response").fill("dry")
    page.get_by_label("One more query").fill("loud")
    windows.photograph(page, "few-shot", whole=True)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
    (prompt,) = site.store.prompts(batch="written")
    assert prompt.kind is Kind.few_shot
    assert prompt.text == (
        "Give the opposite.\n\nQuery: hot\nResponse: cold\n\nQuery: wet\nResponse: dry\n\nQuery: loud\nResponse:"
    )


def test_what_somebody_skips_goes_to_another_with_the_reason_kept(site: Site, windows: Windows) -> None:
    site.store.queue.add([Task(kind=TaskKind.demonstrate, prompt=HAIKU)], "haikus")
    page = windows.open(site.add("Ana"), "/work/demonstrate")
    page.get_by_role("button", name="Skip").click()
    dialog = page.get_by_role("dialog", name="Leave this one to others")
    dialog.get_by_role("button", name="Skip").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choose a reason first.")
    dialog.get_by_label("It is not in a language that I know well").check()
    dialog.get_by_label("A word on it").fill("I have never seen snow.")
    windows.photograph(page, "skip")
    dialog.get_by_role("button", name="Skip").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
    assert [line.answer for line in site.store.journal.lines("Ana")] == [
        {"kind": "skip", "reason": "language", "comment": "I have never seen snow."}
    ]
    assert sees(windows.open(site.add("Ben"), "/work/demonstrate"), HAIKU.text)


def test_what_somebody_gives_back_is_open_again_and_counts_for_nobody(site: Site, windows: Windows) -> None:
    site.store.queue.add([Task(kind=TaskKind.demonstrate, prompt=HAIKU)], "haikus")
    page = windows.open(site.add("Ana"), "/work/demonstrate")
    page.get_by_role("button", name="Give back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Good to see you, Ana")
    expect(page.get_by_text("1 waiting")).to_be_visible()
    assert site.store.journal.lines() == []
    assert sees(windows.open(site.add("Ben"), "/work/demonstrate"), HAIKU.text)


def sees(page: Page, text: str) -> bool:
    """Whether a prompt is what a page asks about."""
    expect(page.get_by_role("region", name="Text of the prompt")).to_have_text(text)
    return True
