"""The load's own counting: what it would say if judgments were lost, doubled, or an item leased twice."""

from pathlib import Path

import pytest
from benchmarks.labeling import Told, count, fill, opinion
from sqlalchemy import insert

from tutelage.schema import Group, Role, TaskKind
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


def rows(store: Store) -> list[dict]:
    with store._engine.begin() as connection:
        return [dict(row) for row in connection.execute(tables.rankings.select()).mappings()]
