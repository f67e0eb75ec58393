"""The load's own counting: what it would say if judgments were lost, doubled, or an item leased twice."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count as numbers_from
from pathlib import Path
from typing import Any

import pytest
from benchmarks.labeling import LABELERS, TURN, Told, count, fill, new_database, opinion, work
from sqlalchemy import create_engine, insert, make_url, text

from tutelage.schema import Group, InputError, Role, TaskKind
from tutelage.store import Store, tables


def test_an_assignment_in_two_hands_is_noted() -> None:
    told = Told()
    told.hold(1, "ann")
    told.hold(1, "ann")
    told.hold(2, "bob")
    assert told.twice == 0
    told.hold(2, "ann")
    assert told.twice == 1


@pytest.mark.parametrize("judgments", [1, 50])
def test_there_is_work_for_so_many_judgments(judgments: int, tmp_path: Path) -> None:
    with Store(tmp_path / "tutelage.db") as store:
        fill(store, judgments, "load")
        (progress,) = store.overview.progress()
        assert progress.wanted == judgments


def test_what_is_missing_or_there_twice_is_counted(tmp_path: Path) -> None:
    with Store(tmp_path / "tutelage.db") as store:
        ann = store.accounts.join(store.accounts.invite(Role.labeler, Group.training), "ann", "hash")
        fill(store, 6, "load")
        numbers = {}
        for client in ("a", "b", "c"):
            given = store.queue.lease(ann, [TaskKind.rank], 60.0)
            assert given is not None
            answer = opinion({"completions": given.task.completions})
            numbers[client] = store.journal.submit(given.id, ann, answer, client)
        assert count(store, numbers) == (0, 0)
        assert count(store, numbers | {"d": 99}) == (1, 0)  # told of, and not there
        assert count(store, numbers | {"a": numbers["b"]}) == (1, 0)  # told of as another
        (ranking,) = (row for row in rows(store) if row["submission"] == numbers["c"])
        with store._engine.begin() as connection:
            again = {name: value for name, value in ranking.items() if name != "id"} | {"key": "again"}
            connection.execute(insert(tables.rankings), again)
        assert count(store, numbers) == (0, 1)


class Endless:
    """A client with as much work as anybody wants."""

    numbers = numbers_from(1)

    def next(self, _: object) -> dict[str, Any]:
        return {"assignment": next(self.numbers), "completions": ["a", "b"]}

    def submit(self, assignment: int, *_: object) -> int:
        return assignment


@pytest.mark.parametrize("judgments", [TURN - 5, 2 * LABELERS * TURN])
def test_labelers_take_turns_until_all_is_judged(judgments: int) -> None:
    """Also where it is less than one turn, and more than one turn of everybody."""
    told = Told()
    work([(f"{number}", Endless()) for number in range(LABELERS)], told, judgments, 0.0)
    assert judgments <= len(told.numbers) < judgments + LABELERS
    assert told.twice == 0


def test_a_measurement_that_fails_leaves_no_database_behind() -> None:
    server = os.environ.get("TUTELAGE_TEST_POSTGRESQL")
    if server is None:
        pytest.skip("TUTELAGE_TEST_POSTGRESQL names no server")

    @contextmanager
    def failing() -> Iterator[None]:
        with new_database(server) as url:
            made.append(make_url(url).database)
            yield

    made: list[str | None] = []
    with pytest.raises(InputError), failing():
        raise InputError("the server does not answer")
    engine = create_engine(server)
    with engine.connect() as connection:
        left = connection.scalars(text("SELECT datname FROM pg_database")).all()
    engine.dispose()
    assert made
    assert made[0] not in left


def rows(store: Store) -> list[dict]:
    with store._engine.begin() as connection:
        return [dict(row) for row in connection.execute(tables.rankings.select()).mappings()]
