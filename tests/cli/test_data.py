"""Records into the store and out again."""

import json
from pathlib import Path

import pytest

from tutelage.cli.main import dispatch
from tutelage.store import Store


def test_records_come_out_as_they_went_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = [
        {
            "prompt": "Say a.",
            "completions": ["a", "b", "c"],
            "ranks": [1, 2, 2],
            "labeler": "Ada",
            "split": "train",
        },
        {"prompt": "Say b.", "completions": ["a", "b"], "ranks": [2, 1], "split": "valid"},
    ]
    given, store, out = tmp_path / "given.jsonl", tmp_path / "store.db", tmp_path / "out.jsonl"
    given.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    where = ["--store", str(store)]

    assert dispatch(["data", "import", "rankings", str(given), *where], debug=True) == 0
    assert dispatch(["data", "import", "rankings", str(given), *where], debug=True) == 0
    assert dispatch(["data", "export", "rankings", str(out), *where], debug=True) == 0
    assert [json.loads(line) for line in out.read_text().splitlines()] == records

    assert dispatch(["data", "export", "rankings", str(out), "--split", "valid", *where], debug=True) == 0
    assert [json.loads(line) for line in out.read_text().splitlines()] == records[1:]

    capsys.readouterr()
    assert dispatch(["data", "stats", *where], debug=True) == 0
    table = capsys.readouterr().out
    assert "rankings" in table
    assert "valid" in table


def test_a_frozen_state_stays(tmp_path: Path) -> None:
    store, out = tmp_path / "store.db", tmp_path / "out.jsonl"
    where = ["--store", str(store)]
    for number in (1, 2):
        given = tmp_path / f"{number}.jsonl"
        given.write_text(json.dumps({"prompt": f"Say {number}."}) + "\n")
        assert dispatch(["data", "import", "prompts", str(given), *where], debug=True) == 0
        if number == 1:
            assert dispatch(["data", "freeze", "first", *where], debug=True) == 0
    assert dispatch(["data", "export", "prompts", str(out), "--at", "first", *where], debug=True) == 0
    assert json.loads(out.read_text()) == {"prompt": "Say 1."}
    assert dispatch(["data", "export", "prompts", str(out), *where], debug=True) == 0
    assert len(out.read_text().splitlines()) == 2


@pytest.mark.parametrize("name", ["", " \t"])
def test_a_snapshot_without_a_name_is_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--store", str(tmp_path / "store.db")]
    Store(tmp_path / "store.db").close()
    assert dispatch(["data", "freeze", name, *where], debug=False) == 2
    assert capsys.readouterr().err.startswith("error: a snapshot needs a name")


@pytest.mark.parametrize("records", ["prompts", "demonstrations", "rankings"])
def test_a_file_without_records_is_refused(
    records: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "given.jsonl").write_text("\n\n")
    where = ["--store", str(tmp_path / "store.db")]
    assert dispatch(["data", "import", records, str(tmp_path / "given.jsonl"), *where], debug=False) == 2
    told = capsys.readouterr()
    assert told.err.startswith(f"error: {tmp_path / 'given.jsonl'}: the file holds no records")
    assert told.out == ""


@pytest.mark.parametrize("form", ["argilla", "label-studio"])
@pytest.mark.parametrize("name", ["out.json", "out.jsonl"])
def test_rankings_go_through_another_tool_and_come_back(
    form: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = {"prompt": "Say a.", "completions": ["a", "b", "c"], "ranks": [1, 2, 2], "split": "train"}
    records = [record | {"labeler": "Ada"}, record | {"labeler": "Ben", "ranks": [1, 1, 3]}]
    given, there, back = tmp_path / "given.jsonl", tmp_path / name, tmp_path / "back.jsonl"
    given.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    first, second = ["--store", str(tmp_path / "1.db")], ["--store", str(tmp_path / "2.db")]
    assert dispatch(["data", "import", "rankings", str(given), *first], debug=True) == 0
    assert dispatch(["data", "export", "rankings", str(there), "--format", form, *first], debug=True) == 0
    capsys.readouterr()
    assert dispatch(["data", "import", "rankings", str(there), "--format", form, *second], debug=True) == 0
    assert capsys.readouterr().out == f"{there}: 2 rankings\n"
    assert dispatch(["data", "export", "rankings", str(back), *second], debug=True) == 0
    assert [json.loads(line) for line in back.read_text().splitlines()] == records


def test_answers_passed_over_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def answered(*states: str) -> str:
        value = [{"value": "a", "rank": 1}, {"value": "b", "rank": 2}]
        responses = [
            {"user_id": str(user), "status": state, "values": {"ranking": {"value": value}}}
            for user, state in enumerate(states)
        ]
        return json.dumps([{"fields": {"prompt": "Say a.", "a": "a", "b": "b"}, "responses": responses}])

    given, where = tmp_path / "given.json", ["--format", "argilla", "--store", str(tmp_path / "store.db")]
    given.write_text(answered("submitted", "draft", "discarded"))
    assert dispatch(["data", "import", "rankings", str(given), *where], debug=True) == 0
    assert capsys.readouterr().out == f"{given}: 1 rankings (2 unfinished answers passed over)\n"

    given.write_text(answered("draft"))
    assert dispatch(["data", "import", "rankings", str(given), *where], debug=False) == 2
    assert capsys.readouterr().err == (
        f"error: {given}: all 1 answers are unfinished or taken back; "
        "have them submitted, then export again\n"
    )


@pytest.mark.parametrize("verb", ["import", "export"])
@pytest.mark.parametrize("records", ["prompts", "demonstrations"])
def test_other_tools_are_for_rankings_only(
    verb: str, records: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "store.db"
    command = ["data", verb, records, str(tmp_path / "a.jsonl"), "--format", "argilla", "--store", str(store)]
    assert dispatch(command, debug=False) == 2
    assert capsys.readouterr().err == (
        f"error: --format argilla: {records} have no such form; only rankings are exchanged\n"
    )
    assert not store.exists()


def test_columns_of_other_names_and_rows_that_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In portions, of which the second is the rest."""
    monkeypatch.setattr("tutelage.cli.data.PORTION", 2)
    rows = [{"question": f"Say {number}.", "best": "a", "worst": "b"} for number in range(3)]
    given, store = tmp_path / "given.jsonl", tmp_path / "store.db"
    given.write_text("".join(f"{json.dumps(row)}\n" for row in [*rows, {"question": " "}]))
    command = ["data", "import", "rankings", str(given), "--store", str(store)]
    named = [*command, "--columns", "prompt=question, chosen=best,rejected=worst"]
    assert dispatch(named, debug=False) == 2
    assert "given.jsonl:4: completions: missing" in capsys.readouterr().err
    with Store(store) as database:
        assert database.rankings() == []  # a file that is refused leaves nothing
    assert dispatch([*named, "--skip-unusable"], debug=True) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"{given}: 3 rankings"
    assert told[1].startswith("1 row left out that cannot be used, the first: ")
    with Store(store) as database:
        assert [each.prompt.text for each in database.rankings()] == [row["question"] for row in rows]
        assert {each.completions for each in database.rankings()} == {("a", "b")}


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        ("prompt", "--columns: 'prompt' names no column; write prompt=question,chosen=best"),
        ("promt=question", "--columns: 'promt' is no column of ours; did you mean 'prompt'?"),
    ],
)
def test_columns_that_are_none(columns: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch(["data", "import", "prompts", "p.jsonl", "--columns", columns], debug=False) == 2
    assert line in capsys.readouterr().err
