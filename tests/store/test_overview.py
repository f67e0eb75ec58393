"""How far the work is, what waits for the owner, who judged how much: on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tutelage.schema import (
    Account,
    Flagged,
    Gold,
    Group,
    Mark,
    Order,
    Prompt,
    Record,
    Role,
    Skipped,
    SkipReason,
    Task,
    TaskKind,
)
from tutelage.store import Store
from tutelage.store.overview import BEGINNING, Judgments

DAY = 86400.0
MIDNIGHT = 20000 * DAY
UNCLEAR = Skipped(reason=SkipReason.unclear)
ORDER = Order(marks=(Mark(overall=6), Mark(overall=2)), ranks=(1, 2))
NAMES = ("ann", "bob", "eve", "max")


@pytest.fixture
def store(place: str | Path) -> Iterator[Store]:
    with Store(place) as store:
        yield store


def join(store: Store, name: str, group: Group = Group.training, screening: bool = False) -> Account:
    return store.accounts.join(store.accounts.invite(Role.labeler, group, screening), name, "hash")


def ranking(text: str, kind: TaskKind = TaskKind.rank, screening: bool = False, **more: Gold) -> Task:
    prompt = Prompt(text=text)
    return Task(kind=kind, prompt=prompt, completions=("red", "blue"), screening=screening, **more)


def say(store: Store, account: Account, answer: Record = ORDER, at: float = 100.0) -> int:
    """Somebody takes the next task and answers it; returns the number of the line."""
    given = store.queue.lease(account, list(TaskKind), 60.0, control=True, now=at)
    assert given is not None
    return store.journal.submit(given.id, account, answer, f"client {given.id}", now=at)


def priority(store: Store) -> int:
    (progress,) = store.overview.progress()
    return progress.priority


def test_the_priority_is_that_of_open_work_else_of_work_in_hand(store: Store) -> None:
    store.queue.add([ranking("a"), ranking("b")], "batch", priority=3)
    ann = join(store, "ann")
    assert priority(store) == 3
    say(store, ann)
    store.queue.prioritize("batch", -2)
    assert priority(store) == -2
    assert store.queue.lease(ann, [TaskKind.rank], 60.0) is not None
    assert priority(store) == -2  # nothing is open, one is in hand
    store.queue.prioritize("batch", 1)
    assert priority(store) == 1
    say(store, ann)
    assert priority(store) == 0


def test_who_judged_how_much(store: Store) -> None:
    store.queue.add([ranking(text) for text in "abcd"], "batch")
    ann, bob = join(store, "ann"), join(store, "bob")
    first = say(store, ann, at=MIDNIGHT - 1)
    say(store, ann, UNCLEAR, at=MIDNIGHT)
    store.journal.set_aside(say(store, ann, at=MIDNIGHT + 5))
    say(store, bob, at=MIDNIGHT - DAY)
    store.journal.correct(first, ann, ORDER, "better", now=MIDNIGHT + 10)
    found = store.overview.judgments(now=MIDNIGHT + 20)
    assert dict(found) == {"ann": Judgments(ever=3, today=2), "bob": Judgments(ever=1, today=0)}
    assert found["nobody"] == Judgments(0, 0)
    assert dict(store.overview.judgments("ann", now=MIDNIGHT - 1)) == {"ann": Judgments(ever=3, today=3)}
    assert store.overview.judgments("nobody")["nobody"] == Judgments(0, 0)


def test_what_somebody_sent_says_whether_it_counts(store: Store) -> None:
    long = "long " * BEGINNING
    store.queue.add([ranking(long), ranking("b"), ranking("c")], "batch")
    ann = join(store, "ann")
    first, second = say(store, ann), say(store, ann)
    store.journal.set_aside(second)
    skipped = say(store, ann, UNCLEAR)
    corrected = store.journal.correct(first, ann, ORDER, "better")
    sent = store.overview.sent("ann", last=10)
    assert [(line.id, line.counts) for line in sent] == [
        (corrected, True),
        (skipped, False),
        (second, False),
        (first, False),
    ]
    assert [line.prompt for line in sent] == [long[:BEGINNING], "c", "b", long[:BEGINNING]]
    assert [line.id for line in store.overview.sent("ann", last=2)] == [corrected, skipped]
    assert [line.id for line in store.overview.answers()] == [corrected]
    assert store.overview.sent("bob", last=10) == []


def test_a_retired_screening_is_asked_no_more_and_what_was_answered_is_known_as_such(store: Store) -> None:
    store.queue.add([ranking("work")], "work")
    flag = Task(
        kind=TaskKind.flag, prompt=Prompt(text="f"), gold=Gold(sensitive=True), screening=True, completions=()
    )
    store.queue.add([flag], "screening")
    nia, ann = join(store, "nia", screening=True), join(store, "ann")
    number = say(store, nia, Flagged(sensitive=True))
    worked = say(store, ann)
    assert len(store.overview.control(screening=True)) == 1
    store.queue.retire("screening")
    assert store.overview.control(screening=True) == {}
    assert [line.id for line in store.overview.answers(screening=True)] == [number]
    assert [line.id for line in store.overview.answers(screening=False)] == [worked]
    assert [(line.batch, line.kind) for line in store.overview.answers()] == [
        ("screening", TaskKind.flag),
        ("work", TaskKind.rank),
    ]


def test_gold_is_known_when_it_is_asked_no_more(store: Store) -> None:
    known = Gold(ranks=(2, 1), why="so")
    store.queue.add([ranking("work"), ranking("gold", gold=known)], "batch")
    store.queue.add([ranking("s", gold=known, screening=True)], "screening")
    (number,) = store.overview.control(screening=False)
    store.queue.retire("batch")
    assert store.overview.control(screening=False) == {}
    assert store.overview.gold() == {number: known}


def test_what_is_parked_and_why(store: Store) -> None:
    store.queue.add([ranking("often")], "batch", overlaps=2)
    ann, bob, eve, max_ = (join(store, name) for name in NAMES)
    for account in (ann, bob):
        say(store, account, UNCLEAR)
    say(store, eve, Skipped(reason=SkipReason.other, comment="no"))
    assert store.overview.parked(10) == []  # of two wanted judgments one is still open
    store.queue.add([ranking("seldom")], "later")
    say(store, max_)
    say(store, max_, UNCLEAR)
    assert [each.prompt for each in store.overview.parked(10)] == [
        "often"
    ]  # one has judged it, one is missing
    assert [each.parked for each in store.overview.progress()] == [1, 0]


def test_what_is_asked_again_is_parked_no_more_unless_it_is_skipped_once_more(store: Store) -> None:
    store.queue.add([ranking("often")], "batch")
    *people, max_, zoe = (join(store, name) for name in (*NAMES, "zoe"))
    for account in people:
        assert store.overview.parked(10) == []
        say(store, account, Skipped(reason=SkipReason.other, comment=f"as {account.name} sees it"))
    (parked,) = store.overview.parked(10)
    assert (parked.batch, parked.kind, parked.prompt) == ("batch", TaskKind.rank, "often")
    assert [(line.labeler, line.answer["comment"]) for line in parked.skips] == [
        (name, f"as {name} sees it") for name in ("ann", "bob", "eve")
    ]
    assert [each.parked for each in store.overview.progress()] == [1]
    assert store.queue.ask_again(parked.id)
    assert store.overview.parked(10) == []
    say(store, max_, UNCLEAR)
    (again,) = store.overview.parked(10)
    assert [line.labeler for line in again.skips] == list(NAMES)
    assert store.queue.ask_again(parked.id)
    say(store, zoe)
    assert store.overview.parked(10) == []
    assert [each.parked for each in store.overview.progress()] == [0]


def test_what_is_retired_is_not_parked(store: Store) -> None:
    store.queue.add([ranking("often")], "batch")
    for name in NAMES[:3]:
        say(store, join(store, name), UNCLEAR)
    assert len(store.overview.parked(10)) == 1
    store.queue.retire("batch")
    assert store.overview.parked(10) == []


def test_the_latest_of_what_is_parked_come_first(store: Store) -> None:
    store.queue.add([ranking(text) for text in "abc"], "batch")
    for name in NAMES[:3]:
        account = join(store, name)
        for _ in "abc":
            say(store, account, UNCLEAR)
    assert [each.prompt for each in store.overview.parked(2)] == ["c", "b"]


def test_skips_are_counted_without_the_screening(store: Store) -> None:
    store.queue.add([ranking("a")], "batch")
    store.queue.add([ranking("s", gold=Gold(ranks=(1, 2)), screening=True)], "screening")
    say(store, join(store, "ann"), UNCLEAR)
    say(store, join(store, "nia", screening=True), UNCLEAR)
    assert dict(store.overview.skips()) == {"ann": 1}
