"""Every page by axe's rules, light and dark, on a wide screen and on a phone; and nothing is wider than a phone."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from tests.labeling.browser.judging import mark_all
from tests.labeling.browser.material import SKY_OUTPUTS, SOUP_OUTPUTS, SOURCES, sky_to_rank, soup_to_judge
from tests.labeling.browser.past import fill
from tests.labeling.browser.site import Site
from tests.labeling.browser.window import Page, Windows, expect, fits, settle

from tutelage.schema import Kind, Prompt, Role, Task, TaskKind, UseCase, WrittenCompletion
from tutelage.store import PREPARED, Store

axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe checks the pages: install .[dev]"
)

NOW = 1_790_000_000.0
"""Seconds since 1970: a morning in autumn 2026."""
VIEWS: dict[str, tuple[int, Literal["light", "dark"]]] = {
    "wide-light": (1280, "light"),
    "phone-dark": (360, "dark"),
}
"""Width and colours; the other two would show the same colours and the same sizes."""
SOMEBODY = "somebody new"
"""Whose tasks nobody has touched."""


@pytest.fixture(scope="module")
def site(shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all pages, with two weeks of work, a newcomer, and every kind of task."""
    place = tmp_path_factory.mktemp("pages") / "tutelage.db"
    with Site(Store(shutil.copy(shipped, place))) as site:
        fill(site, NOW)
        site.add("Olga", Role.owner)
        site.add("Una", reads=False)
        site.add("Lea")
        site.store.accounts.change("Lea", daily_limit=0)
        site.add("Nia", screening=True)
        ana = site.add("Ana")
        soup = Prompt(text="Why does soup taste better on the next day?")
        tasks = [Task(kind=TaskKind.demonstrate, prompt=soup), Task(kind=TaskKind.write)]
        tasks += [Task(kind=TaskKind.evaluate, prompt=soup, completions=SOUP_OUTPUTS, sources=SOURCES[:4])]
        site.store.queue.add([sky_to_rank(), soup_to_judge(), *tasks], "of today", overlaps=40, priority=9)
        for kind in (TaskKind.rank, TaskKind.demonstrate):
            assignment = site.store.queue.lease(site.store.accounts.named("Nia").account, [kind], 9000)
            assert assignment
            if kind is TaskKind.demonstrate:
                nia = site.store.accounts.named("Nia").account
                answer = WrittenCompletion(completion="I am sorry for your loss.")
                site.store.journal.submit(assignment.id, nia, answer, "nia-12345678")
        first = Task(kind=TaskKind.demonstrate, prompt=Prompt(text="What is a snail?"))
        site.store.queue.add([first], "snails", priority=10)
        assignment = site.store.queue.lease(ana, [TaskKind.demonstrate], 600)
        assert assignment
        site.store.journal.submit(assignment.id, ana, WrittenCompletion(completion="Slow."), "ana-12345678")
        yield site


def nothing(_: Page) -> None:
    """The page as it is."""


def order(page: Page) -> None:
    """Step 2 with ties, one output left in the tray."""
    mark_all(page, dict(zip(SKY_OUTPUTS, (7, 6, 6, 2, 3, 1, 1, 2, 4), strict=True)))
    page.keyboard.press("s")
    for _ in SKY_OUTPUTS:
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Backspace")  # the only one with a mark of 7
    expect(page.locator(".level.tied")).to_have_count(3)
    expect(page.locator("#order-done")).to_have_text("8 of 9")


def compare(page: Page) -> None:
    """The comparison."""
    page.locator("#to-order").click()
    page.keyboard.press("d")
    expect(page.get_by_role("dialog", name="Compare")).to_be_visible()


def columns(page: Page) -> None:
    """Step 2 with whole texts in columns."""
    page.locator("#to-order").click()
    for key in ("s", "w"):
        page.keyboard.press(key)


def explain(page: Page) -> None:
    """Step 1 with every question explained."""
    page.keyboard.press("5")
    page.locator("#output-0 .explain").click()


def few_shot(page: Page) -> None:
    """The form of a few-shot prompt."""
    page.locator(f"input[value={Kind.few_shot}]").check()


def opened(key: str) -> Callable[[Page], None]:
    """A dialog that a key opens."""

    def open_it(page: Page) -> None:
        settle(page)
        page.keyboard.press(key)
        expect(page.locator("dialog[open]")).to_be_visible()

    return open_it


def skip(page: Page) -> None:
    """The dialog in which a task is skipped."""
    page.get_by_role("button", name="Skip").click()


def run_out(page: Page) -> None:
    """Nothing is left of a kind of work."""
    skip(page)
    page.get_by_label("I cannot tell what is wanted").check()
    page.get_by_role("dialog").get_by_role("button", name="Skip").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")


def invite(page: Page) -> None:
    """The list of people with a link that is ready."""
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_text("The link is ready.")).to_be_visible()


def lose_password(page: Page) -> None:
    """The page on which somebody chooses a new password."""
    page.get_by_role("button", name="Make a link for a new password").click()
    page.goto(page.locator("#link").input_value())


def open_first(page: Page) -> None:
    """The first disagreement."""
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How this was judged")


def correct(page: Page) -> None:
    """An answer that is to be corrected."""
    page.get_by_role("link", name="Correct").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Correct:")


PAGES: dict[str, tuple[str | None, str, Callable[[Page], None]]] = {
    "login": (None, "/login", nothing),
    "join": (None, "INVITATION", nothing),
    "home": ("Ana", "/", nothing),
    "home of a newcomer": ("Nia", "/", nothing),
    "instructions to read": ("Una", "/instructions/rank", nothing),
    "instructions": ("Olga", "/instructions/evaluate", nothing),
    "new instructions": ("Olga", "/instructions/rank/edit", nothing),
    "enough for today": ("Lea", "/work/rank", nothing),
    "nothing to do": (SOMEBODY, "/work/write", run_out),
    "write": (SOMEBODY, "/work/write", nothing),
    "write few-shot": (SOMEBODY, "/work/write", few_shot),
    "demonstrate": (SOMEBODY, "/work/demonstrate", nothing),
    "marks": (SOMEBODY, "/work/rank", nothing),
    "marks explained": (SOMEBODY, "/work/evaluate", explain),
    "order": (SOMEBODY, "/work/rank", order),
    "comparison": (SOMEBODY, "/work/rank", compare),
    "keys": (SOMEBODY, "/work/rank", opened("?")),
    "drawer": (SOMEBODY, "/work/rank", opened("i")),
    "skip": (SOMEBODY, "/work/rank", skip),
    "flag": ("Nia", "/work/flag", nothing),
    "assess": ("Nia", "/work/assess", nothing),
    "mine": ("Ana", "/mine", nothing),
    "correct": ("Ana", "/mine", correct),
    "overview": ("Olga", "/overview", nothing),
    "disagreements": ("Olga", "/disagreements", nothing),
    "disagreement": ("Olga", "/disagreements", open_first),
    "people": ("Olga", "/people", invite),
    "newcomer": ("Olga", "/people/Nia", nothing),
    "person": ("Olga", "/people/Amara%20Okafor", nothing),
    "password": ("Olga", "/people/Ana", lose_password),
    "prompts": ("Olga", "/prompts", nothing),
    "queue": ("Olga", "/queue", nothing),
    "export": ("Olga", "/export", nothing),
    "not found": ("Ana", "/people", nothing),
}


@pytest.mark.parametrize("name", PAGES)
def test_no_page_breaks_a_rule_of_axe(site: Site, windows: Windows, name: str) -> None:
    if name == "not found":
        windows.allow("404")
    if name == "prompts":
        asked = [Prompt(text=f"Name {number} birds.", use_case=UseCase.chat) for number in range(60)]
        site.store.add_prompts(asked, PREPARED)
    who, path, prepare = PAGES[name]
    if who == SOMEBODY:
        site.add(who := f"Somebody at {name}")
    account = None if who is None else site.store.accounts.named(who).account
    path = site.invite(Role.labeler, screening=True) if path == "INVITATION" else path
    page = windows.open(account, path)
    prepare(page)
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
