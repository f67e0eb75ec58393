"""Instructions have versions that never change, and everybody reads the newest before going on."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tutelage.schema import (
    Group,
    InputError,
    Mark,
    Order,
    Prompt,
    Role,
    Task,
    TaskKind,
)
from tutelage.store import Store

BEST_FIRST = Order(marks=(Mark(overall=6), Mark(overall=2)), ranks=(1, 2))


@pytest.fixture
def store(place: str | Path) -> Iterator[Store]:
    with Store(place) as store:
        yield store


def texts(store: Store, kind: TaskKind) -> list[tuple[int, str]]:
    return [(version.version, version.text) for version in store.instructions.versions(kind)]


def test_every_text_is_a_new_version_of_its_kind_of_work(store: Store) -> None:
    first = store.instructions.publish(TaskKind.rank, "Be helpful.", "owner", now=5.0)
    assert (first.kind, first.version, first.text) == (TaskKind.rank, 1, "Be helpful.")
    assert (first.author, first.at) == ("owner", 5.0)
    assert store.instructions.publish(TaskKind.rank, "Be truthful.").version == 2
    assert store.instructions.publish(TaskKind.flag, "Look closely.").version == 1
    assert texts(store, TaskKind.rank) == [(1, "Be helpful."), (2, "Be truthful.")]
    assert store.instructions.versions(TaskKind.rank)[0] == first
    assert store.instructions.versions(TaskKind.write) == []


def test_no_text_is_no_version(store: Store) -> None:
    with pytest.raises(InputError, match="there is no text"):
        store.instructions.publish(TaskKind.rank, " \n")
    assert store.instructions.versions(TaskKind.rank) == []


def test_the_newest_version_is_to_be_read_once_by_everybody(store: Store) -> None:
    assert store.instructions.to_read("ann", TaskKind.rank) is None
    first = store.instructions.publish(TaskKind.rank, "Be helpful.")
    assert store.instructions.to_read("ann", TaskKind.rank) == first
    for _ in range(2):
        store.instructions.read("ann", first.id)
    assert store.instructions.to_read("ann", TaskKind.rank) is None
    assert store.instructions.to_read("bob", TaskKind.rank) == first
    second = store.instructions.publish(TaskKind.rank, "Be truthful.")
    store.instructions.publish(TaskKind.flag, "Look closely.")
    assert store.instructions.to_read("ann", TaskKind.rank) == second


def test_an_answer_says_which_instructions_its_labeler_had_read(store: Store) -> None:
    ann = store.accounts.join(store.accounts.invite(Role.labeler, Group.training), "ann", "hash")
    tasks = [
        Task(kind=TaskKind.rank, prompt=Prompt(text=text), completions=("x", "y")) for text in ("a", "b", "c")
    ]
    store.queue.add(tasks, "batch")

    def answer() -> int | None:
        leased = store.queue.lease(ann, [TaskKind.rank], 60.0)
        assert leased is not None
        number = store.journal.submit(leased.id, ann, BEST_FIRST, f"to {leased.id}")
        line = store.journal.line(number)
        assert line is not None
        return line.instructions

    assert answer() is None
    first = store.instructions.publish(TaskKind.rank, "Be helpful.")
    other = store.instructions.publish(TaskKind.flag, "Look closely.")
    store.instructions.read("ann", first.id)
    store.instructions.read("ann", other.id)
    assert answer() == first.id
    second = store.instructions.publish(TaskKind.rank, "Be truthful.")
    store.instructions.read("bob", second.id)
    assert answer() == first.id
    store.instructions.read("ann", second.id)
    number = store.journal.lines()[-1].id
    corrected = store.journal.line(store.journal.correct(number, ann, BEST_FIRST, "better"))
    assert corrected is not None
    assert corrected.instructions == second.id


def at_once(act: Callable[[], object], count: int = 8) -> list[Exception]:
    """What goes wrong when so many do the same at the same moment."""
    gate = threading.Barrier(count)
    failures: list[Exception] = []

    def run() -> None:
        gate.wait()
        try:
            act()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_what_ships_is_version_one_also_when_many_processes_start_at_once(store: Store) -> None:
    assert at_once(lambda: store.instructions.ship(TaskKind.rank, "Ours.")) == []
    assert texts(store, TaskKind.rank) == [(1, "Ours.")]
    store.instructions.publish(TaskKind.rank, "Theirs.")
    store.instructions.ship(TaskKind.rank, "Ours, newer.")
    assert texts(store, TaskKind.rank) == [(1, "Ours."), (2, "Theirs.")]


def test_all_that_is_published_at_the_same_moment_is_kept_or_refused(store: Store) -> None:
    failures = at_once(lambda: store.instructions.publish(TaskKind.rank, "Be kind."))
    assert all(isinstance(failure, InputError) for failure in failures)
    versions = [version for version, _ in texts(store, TaskKind.rank)]
    assert versions == list(range(1, 9 - len(failures)))
