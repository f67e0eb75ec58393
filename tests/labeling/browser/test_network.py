"""What is sent while the network fails, or after the session ended: nothing is lost, and it counts once."""

from tests.labeling.browser.judging import mark_all
from tests.labeling.browser.material import SOUP_OUTPUTS, soup_to_judge
from tests.labeling.browser.site import Site
from tests.labeling.browser.window import Page, Route, Windows, expect

from tutelage.schema import Account, Prompt, Task, TaskKind
from tutelage.web.passwords import hash_password

SPIDER = Task(kind=TaskKind.demonstrate, prompt=Prompt(text="How many legs has a spider?"))
LOST = "No connection. Everything is kept here; trying again."
SUBMIT = "**/api/assignments/*/submit"
PASSWORD = "four random words here"


def test_a_submit_whose_answer_is_lost_on_the_way_back_counts_once(site: Site, windows: Windows) -> None:
    windows.allow("ERR_FAILED")
    site.store.queue.add([SPIDER], "animals")
    page = windows.open(site.add("Ana"), "/work/demonstrate")
    page.get_by_role("textbox", name="The wanted answer").fill("Eight.")

    def lose(route: Route) -> None:
        route.fetch()  # the server takes it and says so, and the network drops that
        route.abort()

    page.route(SUBMIT, lose)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#saved")).to_have_text(LOST)
    expect(page.get_by_role("textbox", name="The wanted answer")).to_have_value("Eight.")
    assert len(site.store.journal.lines()) == 1
    page.unroute(SUBMIT)
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
    assert len(site.store.journal.lines()) == 1
    assert [each.completion for each in site.store.demonstrations()] == ["Eight."]


def test_a_ranking_sent_without_network_goes_when_it_is_back(site: Site, windows: Windows) -> None:
    windows.allow("ERR_INTERNET_DISCONNECTED")
    site.store.queue.add([soup_to_judge()], "soup")
    page = windows.open(site.add("Ana"), "/work/rank")
    mark_all(page, dict(zip(SOUP_OUTPUTS, (7, 5, 3, 1), strict=True)))
    page.context.set_offline(True)
    page.keyboard.press("s")
    expect(page.locator("#saved")).to_have_text(LOST)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#saved")).to_have_text(LOST)
    assert site.store.journal.lines() == []
    page.context.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
    assert [each.ranks for each in site.store.rankings()] == [(1, 2, 3, 4)]


def test_a_window_closed_without_network_has_kept_what_was_written(site: Site, windows: Windows) -> None:
    windows.allow("ERR_FAILED")
    site.store.queue.add([SPIDER], "animals")
    page = windows.open(site.add("Ana"), "/work/demonstrate")
    page.route("**/api/**", lambda route: route.abort())
    page.get_by_role("textbox", name="The wanted answer").fill("Eight, if none was lost.")
    expect(page.locator("#saved")).to_have_text(LOST)
    again = page.context.new_page()
    page.close()
    again.goto("/work/demonstrate")
    expect(again.get_by_role("textbox", name="The wanted answer")).to_have_value("Eight, if none was lost.")


def test_somebody_signed_out_in_another_tab_signs_in_there_and_loses_nothing(
    site: Site, windows: Windows
) -> None:
    windows.allow("401")
    windows.allow("403")
    site.store.queue.add([SPIDER], "animals")
    page = windows.open(with_password(site, "Ana"), "/work/demonstrate")
    page.get_by_role("textbox", name="The wanted answer").fill("Eight.")
    expect(page.locator("#saved")).to_have_text("Saved")
    other = page.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#saved")).to_have_text("Signed out: sign in in another tab, nothing is lost.")
    assert site.store.journal.lines() == []
    sign_in(other, "Ana")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
    assert [(each.completion, each.labeler) for each in site.store.demonstrations()] == [("Eight.", "Ana")]


def test_a_server_that_fails_for_a_moment_is_asked_again(site: Site, windows: Windows) -> None:
    windows.allow("503")
    site.store.queue.add([SPIDER], "animals")
    page = windows.open(site.add("Ana"), "/work/demonstrate")
    page.get_by_role("textbox", name="The wanted answer").fill("Eight.")
    page.route(SUBMIT, lambda route: route.fulfill(status=503), times=1)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
    assert len(site.store.journal.lines()) == 1


def test_two_tabs_with_the_same_task_are_told_that_one_of_them_was_late(site: Site, windows: Windows) -> None:
    windows.allow("409")
    site.store.queue.add([SPIDER], "animals")
    page = windows.open(site.add("Ana"), "/work/demonstrate")
    other = page.context.new_page()
    other.goto("/work/demonstrate")
    other.evaluate("localStorage.clear()")
    page.get_by_role("textbox", name="The wanted answer").fill("Eight.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
    other.get_by_role("textbox", name="The wanted answer").fill("Six.")
    other.get_by_role("button", name="Send").click()
    expect(other.locator("#trouble")).to_have_text("This task was answered already.")
    expect(other.get_by_role("textbox", name="The wanted answer")).to_have_value("Six.")
    assert [each.completion for each in site.store.demonstrations()] == ["Eight."]


def with_password(site: Site, name: str) -> Account:
    """Somebody who can sign in."""
    site.add(name)
    return site.store.accounts.change(name, password=hash_password(PASSWORD, PASSWORD))


def sign_in(page: Page, name: str) -> None:
    """By the form."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Good to see you, {name}")
