"""Work is made of what the store or a file holds."""

import json
from pathlib import Path
from typing import Any

import pytest

from tutelage.data.rows import write_rows
from tutelage.labeling.filling import read_gold, read_screening, tasks_to_judge, tasks_to_write
from tutelage.labeling.texts import TITLES, render, ship, shipped_screening
from tutelage.schema import Completion, InputError, Prompt, TaskKind
from tutelage.store import Store

ONE, TWO = Prompt(text="one"), Prompt(text="two")


def completion(prompt: Prompt, text: str, source: str) -> Completion:
    return Completion(prompt=prompt, text=text, source=source)


def test_equal_texts_are_shown_once_with_all_their_sources() -> None:
    given = [
        completion(ONE, "a", "sft"),
        completion(TWO, "only", "sft"),
        completion(ONE, "b", "ppo"),
        completion(ONE, "a", "ppo"),
        completion(ONE, "a", "sft"),
        completion(TWO, "only", "ppo"),
    ]
    (task,) = tasks_to_judge(TaskKind.rank, given)
    assert task.prompt == ONE
    assert dict(zip(task.completions, task.sources or (), strict=True)) == {"a": "sft = ppo", "b": "ppo"}


def test_of_too_many_some_are_drawn_the_same_each_time() -> None:
    given = [completion(ONE, f"{number}", "sft") for number in range(12)]
    (task,) = tasks_to_judge(TaskKind.rank, given, most=4)
    assert len(set(task.completions)) == 4
    assert tasks_to_judge(TaskKind.rank, given, most=4) == [task]
    assert len(tasks_to_judge(TaskKind.rank, given)[0].completions) == 9
    for most in (1, 10):
        with pytest.raises(InputError, match="give 2 to 9"):
            tasks_to_judge(TaskKind.rank, given, most=most)


def test_each_prompt_to_be_written_is_a_task() -> None:
    tasks = tasks_to_write(3)
    assert len(set(tasks)) == 3
    assert {task.prompt for task in tasks} == {None}


SMALL = {"prompt": "one", "completions": ["a", "b"], "ranks": [2, 1], "sources": ["sft", "ppo"]}
LARGE = {"prompt": "one", "completions": list("abcdefghij"), "ranks": list(range(1, 11))}


def written(path: Path, *rows: dict[str, Any]) -> str:
    """A file of rows, the second of which is on line 3."""
    path.write_text("\n\n".join(json.dumps(row) for row in rows))
    return str(path)


def test_gold_is_what_the_owner_ranked(tmp_path: Path) -> None:
    (task,) = read_gold(written(tmp_path / "gold.jsonl", SMALL), TaskKind.evaluate)
    assert (task.kind, task.prompt, task.completions) == (TaskKind.evaluate, ONE, ("a", "b"))
    assert task.sources == ("sft", "ppo")
    assert task.gold is not None
    assert task.gold.ranks == (2, 1)


def test_gold_that_nobody_could_rank_is_refused_by_its_place(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gold\.jsonl:3: 10 completions"):
        read_gold(written(tmp_path / "gold.jsonl", SMALL, LARGE), TaskKind.rank)
    with pytest.raises(InputError, match=r"empty\.jsonl: the file holds no records"):
        read_gold(written(tmp_path / "empty.jsonl"), TaskKind.rank)
    for kind in set(TaskKind) - {TaskKind.rank, TaskKind.evaluate}:
        with pytest.raises(InputError, match="give rank or evaluate"):
            read_gold(written(tmp_path / "gold.jsonl", SMALL), kind)


FLAG = {"kind": "flag", "prompt": "x", "sensitive": True}


def test_a_screening_of_ones_own(tmp_path: Path) -> None:
    rows = [
        FLAG | {"why": "it is"},
        {"kind": "rank", "prompt": "y", "completions": ["a", "b"], "ranks": [2, 1]},
        {"kind": "demonstrate", "prompt": "z"},
    ]
    tasks = read_screening(written(tmp_path / "own.jsonl", *rows))
    write_rows(tmp_path / "own.parquet", rows)  # where every row has every column
    assert read_screening(tmp_path / "own.parquet") == tasks
    assert [task.kind for task in tasks] == ["flag", "rank", "demonstrate", "assess"]
    assert all(task.screening for task in tasks)
    assert tasks[0].gold is not None
    assert (tasks[0].gold.sensitive, tasks[0].gold.why) == (True, "it is")
    assert tasks[1].gold is not None
    assert tasks[1].gold.ranks == (2, 1)


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"kind": "assess"},
        {"kind": ["flag"]},
        FLAG | {"prompt": None},
        FLAG | {"prompt": " "},
        FLAG | {"sensitive": "perhaps"},
        FLAG | {"ranks": [1, 2]},
        {"kind": "flag", "prompt": "x"},
        {"kind": "rank", "prompt": "x", "completions": ["a"], "ranks": [1]},
        {"kind": "rank", "prompt": "x", "completions": ["a", "b"], "ranks": [1]},
        {"kind": "rank", "prompt": "x", "completions": ["a", "b"]},
        {"kind": "rank", "prompt": "x", "completions": "ab", "ranks": [1, 2]},
        {"kind": "rank", "prompt": "x", "completions": list("abcdefghij"), "ranks": list(range(1, 11))},
        {"kind": "demonstrate", "prompt": "x", "completions": ["a"]},
    ],
)
def test_a_row_that_is_no_part_of_a_screening_is_named(row: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"own\.jsonl:3"):
        read_screening(written(tmp_path / "own.jsonl", FLAG, row))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"kind": "flag", "promt": "x", "sensitive": True}, "prompt: missing; rename 'promt'?"),
        ({"kind": "flag", "sensitive": True}, "prompt: missing; add it"),
        (FLAG | {"reason": "it is"}, "reason: unknown field; known are kind, prompt"),
        (FLAG | {"wy": "it is"}, "wy: unknown field; did you mean 'why'?"),
        (FLAG | {"kind": "flagg"}, "kind: 'flagg' is not a known value; did you mean 'flag'?"),
        ({"kind": "rank", "prompt": "x", "completions": ["a", "b"]}, "ranks: missing; say what the right"),
    ],
)
def test_a_field_that_is_missing_or_unknown_is_named(row: dict[str, Any], told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        read_screening(written(tmp_path / "own.jsonl", FLAG, row))
    assert f"own.jsonl:3: {told}" in str(refusal.value)


def test_a_screening_that_asks_nothing_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"own\.jsonl: the file holds no records"):
        read_screening(written(tmp_path / "own.jsonl"))


def test_a_screening_asks_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(
        "".join(json.dumps(row) + "\n" for row in (FLAG, {**FLAG, "sensitive": not FLAG["sensitive"]}))
    )
    with pytest.raises(
        InputError, match=r"own\.jsonl:2: asks the same as a row before; keep this one or .*:1"
    ):
        read_screening(str(path))


def test_gold_that_nobody_can_get_right_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    row = {"prompt": "a", "completions": ["x", "x", "y"], "ranks": [1, 2, 3]}
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(InputError, match=r"gold\.jsonl:1.*nobody can tell apart"):
        read_gold(str(path), TaskKind.rank)
    path.write_text(json.dumps({**row, "ranks": [1, 1, 2]}) + "\n")
    assert len(read_gold(str(path), TaskKind.rank)) == 1


def test_what_ships_is_whole() -> None:
    tasks = shipped_screening()
    assert len(tasks) == len(set(tasks)) == 21
    for task in tasks:
        assert (task.gold is not None) == (task.kind is not TaskKind.assess), task.prompt
    sensitive = [task.gold.sensitive for task in tasks if task.kind is TaskKind.flag and task.gold]
    assert sensitive.count(True) == sensitive.count(False) == 6


def test_shipping_twice_is_shipping_once_and_the_owners_own_stays(tmp_path: Path) -> None:
    with Store(tmp_path / "tutelage.db") as store:
        ship(store)
        written = {kind for kind in TITLES if store.instructions.versions(kind)}
        assert written == set(TITLES) - {TaskKind.assess}
        store.instructions.publish(TaskKind.rank, "our own")
        store.queue.retire("screening")
        ship(store)
        assert store.overview.control(screening=True) == {}  # it is not wanted any more
        own = [task for task in shipped_screening() if task.kind is TaskKind.flag]
        store.queue.add(own, "our own")
        ship(store)
        assert store.instructions.versions(TaskKind.rank)[-1].text == "our own"
        assert {asked.batch for asked in store.overview.control(screening=True).values()} == {"our own"}


def test_instructions_are_markdown_without_html() -> None:
    assert render("# A\n\n<b>x</b> *y*") == "<h1>A</h1>\n<p>&lt;b&gt;x&lt;/b&gt; <em>y</em></p>\n"
    assert "javascript:" not in render("[x](javascript:alert)").replace("[x](javascript:alert)", "")
