"""From the first link to the first real task, with the command that the owner starts."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.labeling.browser.judging import mark_all
from tests.labeling.browser.material import soup_to_judge
from tests.labeling.browser.window import Page, Windows, expect, settle, text_of

from tutelage.labeling.texts import shipped_screening
from tutelage.schema import InputError, Purpose, TaskKind
from tutelage.store import Store

PASSWORD = "four random words here"
GOLD = {task.prompt.text: task.gold for task in shipped_screening() if task.prompt and task.gold}
RANKED = {
    task.prompt.text: dict(zip(task.completions, task.gold.ranks, strict=True))
    for task in shipped_screening()
    if task.prompt and task.gold and task.gold.ranks
}


class Command:
    """`tutelage label`, and what it printed."""

    def __init__(self, place: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        self.store = Store(place)
        self.url = f"http://127.0.0.1:{port}"
        words = [sys.executable, "-m", "tutelage", "label", "--store", os.fspath(place), "--port", port]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.printed = [self.process.stdout.readline() for _ in range(2)]

    def serves(self) -> bool:
        """Whether it answers."""
        with socket.socket() as asking:
            return asking.connect_ex(("127.0.0.1", int(self.url.rpartition(":")[2]))) == 0


@pytest.fixture
def site(shipped: Path, tmp_path: Path) -> Iterator[Command]:
    command = Command(tmp_path / "tutelage.db")
    while not command.serves():
        assert command.process.poll() is None
    yield command
    command.process.send_signal(signal.SIGINT)
    assert command.process.wait(20) in (0, 130, -signal.SIGINT)
    command.store.close()


def test_somebody_is_invited_screened_and_taken_on(site: Command, windows: Windows) -> None:
    windows.allow("422")  # a password that was typed in two ways

    link = re.fullmatch(r"The owner joins here: (http://\S+/join/\S+)\n", site.printed[0])
    assert link
    owner = windows.open(path=link[1])
    expect(owner.get_by_role("heading", level=1)).to_have_text("You are invited")
    windows.photograph(owner, "joining")
    join(owner, "Olga")
    expect(owner.get_by_role("heading", level=1)).to_have_text("Good to see you, Olga")

    owner.get_by_role("link", name="People", exact=True).click()
    owner.get_by_role("button", name="Make a link").click()
    invitation = owner.get_by_label("Link", exact=True).input_value()
    assert invitation.startswith(f"{site.url}/join/")
    windows.photograph(owner, "people")

    page = windows.open(path=invitation)
    expect(page.locator(".lead")).to_contain_text("First there is a small screening")
    join(page, "Nia", again="another password")
    expect(page.get_by_role("alert")).to_contain_text("password")
    expect(page.get_by_label("Name")).to_have_value("Nia")
    join(page, "Nia")
    expect(page.locator(".lead")).to_contain_text("This is the screening")
    windows.photograph(page, "home")

    flag_everything(page, windows)
    rank_everything(page)
    demonstrate_everything(page)
    assess(page, windows)
    page.goto("/")
    expect(page.locator(".lead")).to_contain_text("You have done all of the screening. Thank you!")

    owner.goto("/people")
    owner.get_by_role("link", name="Nia").click()
    expect(owner.get_by_text("21 of 21 answered.")).to_be_visible()
    criteria = owner.get_by_role("region", name="Criteria of the screening")
    expect(criteria.get_by_role("row", name="Agrees on what is sensitive")).to_contain_text("100.0 %")
    expect(criteria.get_by_role("row", name="Agrees on the order")).to_contain_text("100.0 %")
    expect(criteria.get_by_role("row", name="Writes well")).to_contain_text("open")
    for number, grade in ((1, 5), (2, 6), (3, 7)):
        answer = owner.get_by_role("article", name=f"Answer {number}")
        answer.get_by_role("radio", name=str(grade)).check()
        answer.get_by_role("button", name="Give the grade").click()
        expect(answer.get_by_text(f"Grades so far: Olga {grade}")).to_be_visible()
    expect(criteria.get_by_role("row", name="Writes well")).to_contain_text("6.0")  # (5 + 6 + 7) / 3
    expect(criteria.get_by_text("✓ reached")).to_have_count(3)
    windows.photograph(owner, "person", whole=True)
    owner.get_by_label("Standing").select_option("active")
    owner.get_by_role("button", name="Save").click()
    expect(owner.locator(".lead")).to_contain_text("at work. 21 judgments.")

    site.store.queue.add([soup_to_judge()], "soup")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome back")
    page.get_by_label("Name").fill("Nia")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Start : Rank outputs").click()
    expect(page.locator("#prompt")).to_contain_text("lentils")
    for purpose in (Purpose.training, Purpose.evaluation):
        assert site.store.rankings(purpose=purpose) == []
        assert site.store.demonstrations(purpose=purpose) == []


def test_an_invitation_works_once(site: Command, windows: Windows) -> None:
    windows.allow("404")
    link = site.printed[0].split()[-1]
    owner = windows.open(path=link)
    join(owner, "Olga")
    expect(owner.get_by_role("heading", level=1)).to_have_text("Good to see you, Olga")
    other = windows.open(path=link)
    expect(other.get_by_role("heading", level=1)).to_have_text("This invitation is not valid")
    with pytest.raises(InputError):
        site.store.accounts.named("Mallory")


def join(page: Page, name: str, again: str = PASSWORD) -> None:
    """Fill in the form of an invitation, and send it."""
    for field, value in (("name", name), ("password", PASSWORD), ("again", again)):
        page.locator(f"input[name={field}]").fill(value)
    page.get_by_role("button", name="Join").click()


def read_and_begin(page: Page, kind: TaskKind, heading: str) -> None:
    """From the first page to a kind of work, past its instructions."""
    page.goto("/")
    page.locator(f".kind a[href='/work/{kind}']").click()
    expect(page.get_by_text("Please read them before you go on.")).to_be_visible()
    page.get_by_role("button", name="I have read this").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def flag_everything(page: Page, windows: Windows) -> None:
    """Twelve texts, by keyboard and by mouse in turn, as the owner would."""
    read_and_begin(page, TaskKind.flag, "Recognise sensitive text")
    windows.photograph(page, "screening")
    for number in range(12):
        text = text_of(page.get_by_role("region", name="The text itself"))
        sensitive = GOLD[text].sensitive
        settle(page)
        if number % 2:
            page.keyboard.press("y" if sensitive else "n")
        else:
            page.get_by_role("button", name="Yes, sensitive" if sensitive else "No, not sensitive").click()
        expect(page.get_by_text(text, exact=True)).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")


def rank_everything(page: Page) -> None:
    """Five rankings, marked as the owner orders them, and placed by the marks."""
    read_and_begin(page, TaskKind.rank, "Rank outputs")
    for _ in range(5):
        text = text_of(page.get_by_role("region", name="Text of the prompt"))
        mark_all(page, {output: 8 - rank for output, rank in RANKED[text].items()})
        page.keyboard.press("s")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text(text, exact=True)).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")


def demonstrate_everything(page: Page) -> None:
    """Three answers to delicate prompts."""
    read_and_begin(page, TaskKind.demonstrate, "Write an answer")
    for _ in range(3):
        text = text_of(page.get_by_role("region", name="Text of the prompt"))
        settle(page)
        page.get_by_role("textbox", name="The wanted answer").fill(
            f"I am glad that you ask. You wrote: {text}"
        )
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text(text, exact=True)).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")


def assess(page: Page, windows: Windows) -> None:
    """What the newcomer recognises well."""
    page.goto("/work/assess")
    page.get_by_label("insults and mockery").check()
    page.get_by_label("violence and threats").check()
    windows.photograph(page, "assess")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
