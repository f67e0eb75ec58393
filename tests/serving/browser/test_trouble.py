"""What goes wrong is told where the answer would stand, with what to do, and the prompt stays."""

from collections.abc import Callable
from typing import Any

from tests.labeling.browser.window import expect
from tests.serving.browser.material import PROMPT, TWO
from tests.serving.browser.reading import ask, columns, complete, verdict

from tutelage.serving.settings import Allowance

Open = Callable[..., Any]


def test_a_key_is_asked_for_once_in_a_window(opened: Open) -> None:
    site, windows = opened(TWO)
    windows.allow("401")
    key = site.store.keys.make("eve")
    page = windows.open()
    expect(page.get_by_role("heading", name="This server needs a key")).to_be_visible()
    expect(page.get_by_role("textbox", name="Prompt")).to_be_hidden()
    page.get_by_label("Key", exact=True).fill("tlg-wrong")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert").filter(has_text="The key is unknown")).to_be_visible()
    windows.photograph(page, "gate")
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_label("Key", exact=True).press("Enter")
    ask(page)
    complete(page, 2)
    page.reload()
    ask(page)
    complete(page, 2)
    site.store.keys.revoke("eve")
    ask(page)
    expect(page.get_by_role("heading", name="This server needs a key")).to_be_visible()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value(PROMPT)
    page.get_by_label("Key", exact=True).fill(site.store.keys.make("eve again"))
    page.get_by_label("Key", exact=True).press("Enter")
    ask(page)
    complete(page, 2)


def test_a_labelers_session_is_enough(opened: Open) -> None:
    site, windows = opened(TWO)
    site.store.keys.make("eve")
    page = windows.open(site.add("Ann"))
    ask(page)
    complete(page, 2)


def test_a_limit_is_told_in_its_column_and_trying_again_completes_the_answers(opened: Open) -> None:
    site, windows = opened(TWO, allowance=Allowance(requests_per_minute=1))
    windows.allow("429")
    page = windows.open()
    ask(page)
    failed = columns(page).and_(page.locator("[data-state=failed]"))
    expect(failed).to_have_count(1)
    expect(failed).to_contain_text("You have used what a minute allows. Try again in")
    complete(page, 1)
    expect(verdict(page)).to_be_hidden()
    expect(page.locator("#voice")).to_have_text("Not all of it was answered.")
    windows.photograph(page, "limit")
    site.forget_limits()
    failed.get_by_role("button", name="Try again").click()
    complete(page, 2)
    expect(verdict(page)).to_contain_text("Which answer is better?")


def test_a_prompt_that_is_too_large_or_too_long_is_told_so(opened: Open) -> None:
    _, windows = opened(TWO, largest_body=20_000)
    windows.allow("413|400")
    page = windows.open()
    ask(page, "w" * 30_000)
    expect(columns(page).first).to_contain_text(
        "The prompt is too long for this server. Shorten it, and ask again."
    )
    expect(columns(page).first.get_by_role("button", name="Try again")).to_be_hidden()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("w" * 30_000)
    ask(page, "w" * 15_000)
    expect(columns(page).first).to_contain_text("Shorten the prompt, or ask for fewer tokens.")


def test_without_a_network_the_prompt_stays_and_is_asked_when_it_is_back(opened: Open) -> None:
    _, windows = opened(TWO)
    windows.allow("ERR_INTERNET_DISCONNECTED")
    page = windows.open()
    expect(page.get_by_role("textbox", name="Prompt")).to_be_visible()
    page.context.set_offline(True)
    ask(page)
    expect(columns(page).first).to_contain_text("The server cannot be reached.")
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value(PROMPT)
    page.context.set_offline(False)
    for column in columns(page).all():
        column.get_by_role("button", name="Try again").click()
    complete(page, 2)


def test_a_model_that_fails_and_a_server_that_is_stopped_are_told_of(opened: Open) -> None:
    site, windows = opened(TWO)
    windows.allow("503")
    site.service.broken = {"sft"}
    page = windows.open()
    ask(page)
    expect(columns(page).and_(page.locator("[data-state=failed]"))).to_contain_text(
        "The server failed. Try again"
    )
    site.desk.stop()
    ask(page)
    expect(columns(page).first).to_contain_text("The server is being stopped. Try again when it is back.")


def test_a_judgment_that_does_not_arrive_can_be_made_again(opened: Open) -> None:
    site, windows = opened(TWO)
    windows.allow("ERR_INTERNET_DISCONNECTED")
    page = windows.open(site.add("Ann"))
    ask(page)
    complete(page, 2)
    page.context.set_offline(True)
    page.keyboard.press("1")
    expect(verdict(page)).to_contain_text("The server cannot be reached.")
    page.context.set_offline(False)
    page.keyboard.press("1")
    expect(verdict(page)).to_contain_text("Kept.")
    assert len(site.store.rankings()) == 1
