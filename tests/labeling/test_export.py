"""The owner takes the judgments out: those that count, of one purpose, as of now or of a snapshot."""

import io
import json
from typing import Any

from tests.labeling.house import BEST_FIRST, DEMONSTRATION, House, Person, demonstrate, evaluate, rank

from tutelage.data import read_rankings
from tutelage.schema import Role


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_snapshots_stand_side_by_side(house: House, ann: Person, ben: Person, olga: Person) -> None:
    house.store.queue.add([demonstrate("a"), demonstrate("b")], "first")
    number = ann.do(DEMONSTRATION | {"completion": "one"}, "demonstrate")
    assert olga.post("/export/freeze", name=" 1 ").status_code == 303
    body = {"answer": DEMONSTRATION | {"completion": "corrected"}, "client": "a-client"}
    ann.send(f"/api/submissions/{number}/correct", body)
    ben.do(DEMONSTRATION | {"completion": "two"}, "demonstrate")
    assert olga.post("/export/freeze", name="2/%41 ü").status_code == 303

    def said(at: str) -> list[str]:
        answer = olga.client.get("/export/demonstrations.jsonl", params={"at": at})
        return [row["completion"] for row in rows(answer.text)]

    assert said("1") == ["one"]
    assert said("2/%41 ü") == said("") == ["corrected", "two"]
    page = olga.get("/export").text
    assert "snapshot 1<" in page
    assert "snapshot 2/%41 ü<" in page
    before = house.everything()
    for name in ("1", "", " ", "a\0b"):
        assert olga.post("/export/freeze", name=name).status_code == 422
    assert house.everything() == before


def test_a_name_that_no_column_holds_is_refused(either_house: House) -> None:
    olga = either_house.join("Olga", role=Role.owner)
    before = either_house.everything()
    sent = olga.post("/export/freeze", name="x" * 201)
    assert (sent.status_code, "200 characters" in sent.text) == (422, True)
    assert either_house.everything() == before
    assert olga.post("/export/freeze", name="x" * 200).status_code == 303


def test_each_purpose_and_batch_has_its_own_file(house: House, ann: Person, olga: Person) -> None:
    house.store.queue.add([rank("one")], "first")
    house.store.queue.add([rank("two")], "second")
    house.store.queue.add([evaluate("three")], "comparison")
    for kind in ("rank", "rank", "evaluate"):
        ann.do(BEST_FIRST, kind)

    def prompts(**wishes: str) -> list[str]:
        answer = olga.client.get("/export/rankings.jsonl", params=wishes)
        assert answer.headers["content-disposition"] == 'attachment; filename="rankings.jsonl"'
        return [row["prompt"] for row in rows(answer.text)]

    assert prompts() == ["one", "two"]
    assert prompts(batch="second") == ["two"]
    assert prompts(batch="nothing") == []
    assert prompts(purpose="evaluation") == ["three"]
    assert prompts(batch="first", purpose="evaluation") == []


def test_parquet_holds_the_same(house: House, ann: Person, olga: Person, tmp_path: Any) -> None:
    house.store.queue.add([rank()], "batch")
    ann.do(BEST_FIRST, "rank")
    answer = olga.get("/export/rankings.parquet")
    (tmp_path / "rankings.parquet").write_bytes(io.BytesIO(answer.content).getvalue())
    assert read_rankings(tmp_path / "rankings.parquet") == house.store.rankings()


def test_an_export_leaves_no_file_behind(house: House, olga: Person, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for path in ("rankings.jsonl", "prompts.parquet", "nothing.jsonl", "rankings.jsonl?at=nothing"):
        olga.get(f"/export/{path}")
    assert [each.name for each in tmp_path.glob("tutelage-*")] == []
