"""A user is forgotten: every row that holds what they asked is gone, and no byte of it is left."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tutelage.schema import (
    Completion,
    Demonstration,
    Group,
    InputError,
    Mark,
    Order,
    Prompt,
    Purpose,
    Ranking,
    Rating,
    Role,
    RunError,
    Split,
    Task,
    TaskKind,
    UseCase,
    WrittenCompletion,
)
from tutelage.store import PREPARED, Held, Store, tables

SECRET = "The secret of user ada ü is 42."
THEIRS = Prompt(text=SECRET, user="ada", split=Split.train, use_case=UseCase.other)
OTHERS = Prompt(text="Name a river of Wales.", user="bob", split=Split.train)


@pytest.fixture
def store(place: str | Path) -> Iterator[Store]:
    with Store(place) as store:
        yield store


def fill(store: Store) -> None:
    """The same of both users, everywhere where something of a prompt can stand."""
    for prompt in (OTHERS, THEIRS):
        assert prompt.user
        store.collection.add(prompt.user, "api", "ppo", prompt.text, [f"answer to {prompt.text}"])
        store.collection.add_feedback(prompt.user, prompt.text, ["x", "y"], ["a", "b"], [1, 2])
        store.add_prompts([prompt], PREPARED)
        store.add_prompts([prompt], "data/1234")
        store.add_demonstrations([Demonstration(prompt=prompt, completion="d", labeler="ann")], "written")
        store.add_completions(
            [Completion(prompt=prompt, text=text, source="sft") for text in "xy"], "samples"
        )
        store.add_rankings([Ranking(prompt=prompt, completions=("x", "y"), ranks=(1, 2))], "rankings/1")
        store.add_ratings([Rating(prompt=prompt, completion="x", overall=3)], "rated", Purpose.evaluation)
    work(store)


def work(store: Store) -> None:
    """A labeler demonstrates and ranks for both, corrects it, and is graded."""
    token = store.accounts.invite(Role.labeler, Group.training)
    ann = store.accounts.join(token, "Ann", "hash")
    tasks = [Task(kind=TaskKind.demonstrate, prompt=prompt) for prompt in (OTHERS, THEIRS)]
    tasks += [Task(kind=TaskKind.rank, prompt=prompt, completions=("x", "y")) for prompt in (OTHERS, THEIRS)]
    store.queue.add(tasks, "work")
    marks = (Mark(overall=5), Mark(overall=2))
    for number in range(4):
        leased = store.queue.lease(ann, [TaskKind.demonstrate, TaskKind.rank], 60)
        assert leased is not None
        assert leased.task.prompt is not None
        if leased.task.kind is TaskKind.rank:
            store.journal.submit(leased.id, ann, Order(marks=marks, ranks=(1, 2)), f"c{number}")
            continue
        said = WrittenCompletion(completion=f"about {leased.task.prompt.text}")
        line = store.journal.submit(leased.id, ann, said, f"c{number}")
        last = store.journal.correct(line, ann, WrittenCompletion(completion="shorter"), f"d{number}")
        store.journal.grade(last, "rev", 5)


def everything(store: Store) -> dict[str, list[tuple]]:
    """All rows of all tables."""
    with store._writing.begin() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in tables.metadata.sorted_tables
        }


def test_every_row_of_the_user_goes_and_no_other(store: Store) -> None:
    fill(store)
    before = everything(store)
    found = store.forgetting.forget("ada")
    store.forgetting.compact()
    after = everything(store)
    assert SECRET in str(before)
    assert SECRET not in str(after)
    assert "ada" not in str(after)
    # both users have the same of everything, so of each table a half is left
    for name in found.rows:
        assert found.rows[name] * 2 == len(before[name]), name
        assert len(after[name]) * 2 == len(before[name]), name
        assert all(row in before[name] for row in after[name]), name
    assert {name for name, count in found.rows.items() if count} == {
        *("collected", "feedback", "contents", "prompts", "demonstrations", "completions", "rankings"),
        *("ratings", "tasks", "assignments", "submissions", "grades"),
    }
    assert store.prompts() == [OTHERS]


def test_a_survey_tells_the_same_and_changes_nothing(store: Store) -> None:
    fill(store)
    before = everything(store)
    told = store.forgetting.survey("ada")
    assert everything(store) == before
    assert store.forgetting.forget("ada") == told
    assert told.texts == (SECRET,)
    assert Held("rankings", "rankings/1", True) in told.held
    assert Held("prompts", PREPARED, True) in told.held
    assert Held("ratings", "rated", False) in told.held  # for the evaluation
    assert store.forgetting.survey("ada").rows == dict.fromkeys(told.rows, 0)


def test_no_byte_is_left_in_the_files_of_the_database(tmp_path: Path) -> None:
    place = tmp_path / "tutelage.db"
    with Store(place) as store:
        fill(store)
        for number in range(300):  # some pages of it, in the log and in the file
            store.collection.add("ada", "api", "ppo", f"{SECRET} {number}", [])

        def files_with(text: str) -> list[str]:
            return sorted(path.name for path in tmp_path.iterdir() if text.encode() in path.read_bytes())

        assert files_with(SECRET)
        store.forgetting.forget("ada")
        store.forgetting.compact()
        assert files_with(SECRET) == []
        assert files_with("secret of user") == []
        assert files_with("Name a river of Wales.") == ["tutelage.db"]
        assert store.prompts() == [OTHERS]
    assert files_with(SECRET) == []


def test_bytes_that_somebody_is_reading_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tutelage.store.engine.PATIENCE", 0)
    with Store(tmp_path / "tutelage.db") as store:
        fill(store)
        reader = sqlite3.connect(tmp_path / "tutelage.db", isolation_level=None)
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM collected").fetchone() == (2,)
        store.forgetting.forget("ada")
        with pytest.raises(RunError, match="stop whatever has the database open"):
            store.forgetting.compact()
        assert store.forgetting.is_to_compact()
        reader.close()
        store.forgetting.compact()
        assert not store.forgetting.is_to_compact()
        assert not any(SECRET.encode() in path.read_bytes() for path in tmp_path.iterdir())


def test_a_frozen_dataset_loses_what_is_forgotten_and_gains_nothing(store: Store) -> None:
    store.add_prompts([OTHERS], "b")
    store.freeze("early")
    store.add_prompts([THEIRS], "b")
    store.freeze("late")
    assert store.forgetting.forget("ada").snapshots == ("late",)
    assert store.at("late").prompts() == [OTHERS]
    # SQLite gives a deleted last row's id to the next one
    new = Prompt(text="new", user="bob", split=Split.train)
    store.add_prompts([new], "b")
    assert store.at("late").prompts() == store.at("early").prompts() == [OTHERS]
    assert store.prompts() == [OTHERS, new]


def test_a_key_names_its_user_and_is_revoked_when_asked(store: Store) -> None:
    store.keys.make("Ada's laptop", user="ada")
    store.keys.make("Bob's", user="bob")
    store.collection.add("ada", "api", "m", SECRET, [])
    assert store.forgetting.user_of("Ada's laptop") == store.forgetting.user_of("ada") == "ada"
    store.forgetting.forget("ada")
    revoked = select(tables.keys.c.user).where(tables.keys.c.revoked)
    with store._writing.begin() as connection:
        assert connection.scalars(revoked).all() == []
    store.forgetting.forget("ada", revoke=True)
    with store._writing.begin() as connection:
        assert connection.scalars(revoked).all() == ["ada"]


def test_a_name_of_two_is_nobodys_until_it_is_said_to_be_an_id(store: Store) -> None:
    store.keys.make("ada", user="bob")
    assert store.forgetting.user_of("ada") == "bob"
    store.collection.add("ada", "api", "m", SECRET, [])
    with pytest.raises(InputError, match=r"user 'ada': is the id of one user, .* a key of another, 'bob'"):
        store.forgetting.user_of("ada")
    assert store.forgetting.user_of("ada", is_id=True) == "ada"
    assert store.forgetting.user_of("bob", is_id=True) == "bob"
    store.keys.make("eve", user="eve")
    assert store.forgetting.user_of("eve") == "eve"


def test_an_unknown_user_is_told_with_the_nearest(store: Store) -> None:
    store.collection.add("user-1234abcd", "api", "m", SECRET, [])
    with pytest.raises(InputError, match="did you mean 'user-1234abcd'"):
        store.forgetting.user_of("user-1234abce")
    with pytest.raises(InputError, match="give a user's id"):
        store.forgetting.user_of("zzz")


def test_the_same_words_of_others_stay_and_are_told(store: Store) -> None:
    store.add_prompts([THEIRS, THEIRS.model_copy(update={"user": "eve"}), Prompt(text=SECRET)], "b")
    assert store.forgetting.forget("ada").elsewhere == 2
    assert {prompt.user for prompt in store.prompts()} == {"eve", None}
