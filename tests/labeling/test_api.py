"""What is sent in counts once, is one's own, and is refused in words where it cannot be kept."""

import json
import math
import time
from typing import Any

import pytest
from tests.labeling.house import (
    BEST_FIRST,
    DEMONSTRATION,
    MARKS,
    SKIP,
    House,
    Person,
    best_first,
    demonstrate,
    rank,
)

from tutelage.labeling.settings import Settings
from tutelage.schema import Flags, Task

HUGE = [0, -1, 2**31, 2**63 - 1, 2**63, 2**64, 10**40, "x", "1.5", "1e3", "%FF"]


def test_an_answer_in_the_order_of_the_page_is_kept_in_the_tasks_own(house: House, ann: Person) -> None:
    texts = tuple("abcdefghi")
    house.store.queue.add([Task(kind="rank", prompt={"text": "?"}, completions=texts)], "batch")
    work = ann.next("rank")
    shown = [each["text"] for each in work["completions"]]
    assert [each["label"] for each in work["completions"]] == list("ABCDEFGHI")
    assert sorted(shown) == list(texts)
    # the alphabet is the order: what comes earlier in it is better
    marks = [{"overall": max(1, 7 - texts.index(text)), "flags": {}} for text in shown]
    answer = {"kind": "order", "marks": marks, "ranks": [1 + texts.index(text) for text in shown]}
    assert ann.submit(work["assignment"], answer).status_code == 200
    (ranking,) = house.store.rankings()
    assert ranking.completions == texts
    assert ranking.ranks == tuple(range(1, 10))
    assert [rating.overall for rating in house.store.ratings()] == [7, 6, 5, 4, 3, 2, 1, 1, 1]


def test_what_is_sent_twice_counts_once(house: House, ann: Person) -> None:
    house.store.queue.add([rank()], "batch")
    number = ann.next("rank")["assignment"]
    first = ann.submit(number, BEST_FIRST, "the-same-client")
    before = house.everything()
    again = ann.submit(number, BEST_FIRST, "the-same-client")
    assert (again.status_code, again.json()) == (200, first.json())
    assert ann.submit(number, BEST_FIRST, "another-client").status_code == 409
    assert house.everything() == before


def test_a_correction_sent_twice_counts_once(house: House, ann: Person) -> None:
    house.store.queue.add([demonstrate()], "batch")
    number = ann.do(DEMONSTRATION, "demonstrate")
    better = DEMONSTRATION | {"completion": "A better one."}
    body = {"answer": better, "client": "correcting"}
    first = ann.send(f"/api/submissions/{number}/correct", body)
    before = house.everything()
    assert ann.send(f"/api/submissions/{number}/correct", body).json() == first.json()
    body["client"] = "correcting-again"
    assert ann.send(f"/api/submissions/{number}/correct", body).status_code == 409
    assert house.everything() == before
    assert [each.completion for each in house.store.demonstrations()] == ["A better one."]


def test_a_skip_is_not_made_an_answer_and_an_answer_not_a_skip(house: House, ann: Person) -> None:
    house.store.queue.add([demonstrate("a"), demonstrate("b")], "batch")
    skipped, answered = ann.do(SKIP, "demonstrate"), ann.do(DEMONSTRATION, "demonstrate")
    before = house.everything()
    for number, answer, status in ((skipped, DEMONSTRATION, 409), (answered, SKIP, 422)):
        body = {"answer": answer, "client": f"client-{number}"}
        sent = ann.send(f"/api/submissions/{number}/correct", body)
        assert sent.status_code == status
        assert ("a skip is no correction" in sent.json()["error"]) == (answer is SKIP)
    assert house.everything() == before


def test_others_tasks_and_answers_are_not_there(house: House, ann: Person, ben: Person) -> None:
    house.store.queue.add([demonstrate("a"), demonstrate("b")], "batch")
    answered = ann.do(DEMONSTRATION, "demonstrate")
    held = ann.next("demonstrate")["assignment"]
    assert ann.send(f"/api/assignments/{held}/draft", {"draft": {"text": "secret"}}, "PUT").status_code == 204
    before = house.everything()
    for number in (answered, held, 999):
        assert ben.submit(number, DEMONSTRATION).status_code == 404
        assert ben.send(f"/api/assignments/{number}/draft", {"draft": {}}, "PUT").status_code == 409
        assert ben.send(f"/api/assignments/{number}/give-back", {}).status_code == 409
        body = {"answer": DEMONSTRATION, "client": "somebody-else"}
        assert ben.send(f"/api/submissions/{number}/correct", body).status_code == 404
        assert ben.get(f"/mine/{number}").status_code == 404
    assert house.everything() == before


def test_a_number_that_no_row_has_is_nothing(either_house: House) -> None:
    ann = either_house.join("Ann")
    before = either_house.everything()
    body = {"answer": DEMONSTRATION, "client": "a-client", "draft": {}}
    for number in HUGE:
        for method, path in [
            ("POST", f"/api/assignments/{number}/submit"),
            ("PUT", f"/api/assignments/{number}/draft"),
            ("POST", f"/api/assignments/{number}/give-back"),
            ("POST", f"/api/submissions/{number}/correct"),
            ("POST", f"/api/instructions/{number}/read"),
        ]:
            assert ann.send(path, body, method).status_code in (404, 409), path
        assert ann.get(f"/mine/{number}").status_code == 404
    assert either_house.everything() == before


def test_a_draft_comes_back_and_keeps_the_task(house: House, ann: Person) -> None:
    house.store.queue.add([demonstrate()], "batch")
    work = ann.next("demonstrate")
    draft = {"at": 1, "seconds": 2.5, "text": "half a sen\u2028tence </script> 😀"}
    path = f"/api/assignments/{work['assignment']}/draft"
    assert ann.send(path, {"draft": draft}, "PUT").status_code == 204
    assert ann.next("demonstrate")["draft"] == draft
    page = ann.get("/work/demonstrate").text
    assert "sentence </script>" not in page.replace("\u2028", "")
    kept = json.loads(page.split('id="work">')[1].split("</script>")[0])
    assert kept["draft"] == draft
    assert ann.send(path, {}, "PUT").status_code == 204  # prolongs, and keeps the draft
    assert ann.next("demonstrate")["draft"] == draft


def test_what_is_given_back_is_anothers(house: House, ann: Person, ben: Person) -> None:
    house.store.queue.add([demonstrate()], "batch")
    number = ann.next("demonstrate")["assignment"]
    assert ann.send(f"/api/assignments/{number}/give-back", {}).status_code == 204
    assert ann.send(f"/api/assignments/{number}/give-back", {}).status_code == 409
    assert ann.send(f"/api/assignments/{number}/draft", {"draft": {}}, "PUT").status_code == 409
    assert ann.submit(number, DEMONSTRATION).status_code == 404
    assert ben.next("demonstrate")["prompt"] == "Say hello."


def test_a_late_answer_counts_unless_another_has_the_task(shipped: object, house: House) -> None:
    hasty = House(house.store, Settings(lease_seconds=0.05, gold_every=0))
    ann, ben = hasty.join("Ann"), hasty.join("Ben")
    house.store.queue.add([demonstrate("a")], "batch")
    number = ann.next("demonstrate")["assignment"]
    time.sleep(0.1)
    assert ben.next("demonstrate")["prompt"] == "a"
    assert ann.submit(number, DEMONSTRATION).status_code == 200
    assert ben.submit(ben.next("demonstrate")["assignment"], DEMONSTRATION).status_code == 200


UNKEPT: dict[str, Any] = {
    "nothing": None,
    "a number": 5,
    "a list": [],
    "an empty object": {},
    "another kind": {"kind": "flag", "sensitive": True},
    "an unknown kind": {"kind": "rm -rf"},
    "no marks": {"kind": "order", "ranks": [1, 2]},
    "too few": {"kind": "order", "marks": MARKS[:1], "ranks": [1]},
    "too many": {"kind": "order", "marks": [*MARKS, MARKS[0]], "ranks": [1, 2, 3]},
    "more ranks than marks": {"kind": "order", "marks": MARKS, "ranks": [1, 2, 3]},
    "fewer ranks than marks": {"kind": "order", "marks": MARKS, "ranks": [1]},
    "ranks of a million": {"kind": "order", "marks": MARKS, "ranks": [1] * 1_000_000},
    "marks of a hundred": {"kind": "order", "marks": MARKS * 51, "ranks": [1, 2] * 51},
    "ranks from zero": {"kind": "order", "marks": MARKS, "ranks": [0, 1]},
    "negative ranks": {"kind": "order", "marks": MARKS, "ranks": [-1, 1]},
    "ranks with a gap": {"kind": "order", "marks": MARKS, "ranks": [1, 3]},
    "huge ranks": {"kind": "order", "marks": MARKS, "ranks": [1, 10**30]},
    "yes for a rank": {"kind": "order", "marks": MARKS, "ranks": [True, 2]},
    "text for a rank": {"kind": "order", "marks": MARKS, "ranks": ["1", "2"]},
    "half a rank": {"kind": "order", "marks": MARKS, "ranks": [1.5, 2]},
    "no rank": {"kind": "order", "marks": MARKS, "ranks": [None, 1]},
    "yes for a mark": {"kind": "order", "marks": [{"overall": True}, MARKS[1]], "ranks": [1, 2]},
    "text for a mark": {"kind": "order", "marks": [{"overall": "6"}, MARKS[1]], "ranks": [1, 2]},
    "a mark of 8": {"kind": "order", "marks": [{"overall": 8}, MARKS[1]], "ranks": [1, 2]},
    "a mark of 0": {"kind": "order", "marks": [{"overall": 0}, MARKS[1]], "ranks": [1, 2]},
    "no number for a mark": {"kind": "order", "marks": [{"overall": math.nan}, MARKS[1]], "ranks": [1, 2]},
    "an unknown flag": {
        "kind": "order",
        "marks": [{"overall": 6, "flags": {"rude": True}}, MARKS[1]],
        "ranks": [1, 2],
    },
    "a number for a flag": {
        "kind": "order",
        "marks": [{"overall": 6, "flags": {"opinion": 1}}, MARKS[1]],
        "ranks": [1, 2],
    },
    "an unknown field": BEST_FIRST | {"labeler": "Ben"},
    "a source": BEST_FIRST | {"sources": ["a", "b"]},
    "an unknown reason": SKIP | {"reason": "bored"},
    "a long comment": SKIP | {"comment": "x" * 100_001},
    "a comment of a million": SKIP | {"comment": "x" * 1_000_000},
    "NUL": SKIP | {"comment": "a\0b"},
    "half a character": SKIP | {"comment": "\ud83d"},
    "half a character as a name": {"kind": "skip", "reason": "other", "\ud83d": 1},
    "depth": SKIP | {"comment": json.loads("[" * 500 + "]" * 500)},
}


@pytest.mark.parametrize("what", UNKEPT)
def test_what_is_no_answer_is_refused_in_words(what: str, house: House, ann: Person) -> None:
    house.store.queue.add([rank()], "batch")
    number = ann.next("rank")["assignment"]
    before = house.everything()
    body = json.dumps({"answer": UNKEPT[what], "client": "a-client"})
    sent = ann.client.post(
        f"/api/assignments/{number}/submit", content=body, headers={"x-csrf-token": ann.csrf}
    )
    assert sent.status_code == 422
    told = sent.json()
    assert told["error"]
    assert told["field"].startswith("answer")
    assert house.everything() == before


@pytest.mark.parametrize("text", ["", " \n", "x" * 100_001])
def test_a_demonstration_says_something_of_ordinary_length(text: str, house: House, ann: Person) -> None:
    house.store.queue.add([demonstrate()], "batch")
    number = ann.next("demonstrate")["assignment"]
    assert ann.submit(number, DEMONSTRATION | {"completion": text}).status_code == 422
    assert ann.submit(number, DEMONSTRATION | {"completion": "x" * 100_000}).status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        "𝒰𝓃𝒾 😀 👩‍👩‍👧 é é",
        "‮drowkcab‬",
        "<script>alert(1)</script>",
        "'; DROP TABLE submissions; --",
        "\t\r\n\\x00 %s {}",
    ],
)
def test_texts_come_back_as_they_were_typed(text: str, house: House, ann: Person) -> None:
    house.store.queue.add([demonstrate(text)], "batch")
    number = ann.do(DEMONSTRATION | {"completion": text}, "demonstrate")
    (made,) = house.store.demonstrations()
    assert (made.prompt.text, made.completion) == (text, text)
    assert ann.get(f"/mine/{number}").status_code == 200
    assert "<script>alert" not in ann.get("/mine").text


@pytest.mark.parametrize(
    "client", [None, 5, "", "short", "x" * 65, "with blank", "a/b/c/d/e", "ünïcodes", True, "12345678\n"]
)
def test_an_answer_needs_a_name_by_which_it_counts_once(client: Any, house: House, ann: Person) -> None:
    house.store.queue.add([demonstrate()], "batch")
    number = ann.next("demonstrate")["assignment"]
    before = house.everything()
    sent = ann.send(f"/api/assignments/{number}/submit", {"answer": DEMONSTRATION, "client": client})
    assert (sent.status_code, sent.json()["field"]) == (422, "client")
    assert house.everything() == before


def test_a_time_that_is_none_is_refused(either_house: House) -> None:
    ann = either_house.join("Ann")
    either_house.store.queue.add([demonstrate()], "batch")
    number = ann.next("demonstrate")["assignment"]
    before = either_house.everything()
    for seconds in ("NaN", "Infinity", "-Infinity", "1e999", "true", '"3"', "[]", "{}"):
        body = f'{{"answer": {json.dumps(DEMONSTRATION)}, "client": "a-client", "seconds": {seconds}}}'
        sent = ann.client.post(
            f"/api/assignments/{number}/submit", content=body, headers={"x-csrf-token": ann.csrf}
        )
        assert (sent.status_code, sent.json()["field"]) == (422, "seconds"), seconds
    assert either_house.everything() == before


@pytest.mark.parametrize("seconds", ["null", "-5", "1e308", "1" + "0" * 400, "-1" + "0" * 400, "0"])
def test_a_time_is_between_nothing_and_since_the_task_was_given(
    seconds: str, house: House, ann: Person
) -> None:
    house.store.queue.add([demonstrate()], "batch")
    number = ann.next("demonstrate")["assignment"]
    body = f'{{"answer": {json.dumps(DEMONSTRATION)}, "client": "a-client", "seconds": {seconds}}}'
    sent = ann.client.post(
        f"/api/assignments/{number}/submit", content=body, headers={"x-csrf-token": ann.csrf}
    )
    assert sent.status_code == 200
    (line,) = house.store.journal.lines("Ann")
    assert 0.0 <= line.seconds < 60.0


NO_DRAFTS = [
    "NaN",
    "[Infinity]",
    "1e999",
    '"\\u0000"',
    '{"\\ud83d": 1}',
    "[" * 200 + "]" * 200,
    "[" * 5000 + "]" * 5000,
]


def test_a_draft_that_cannot_be_kept_is_refused(either_house: House) -> None:
    ann = either_house.join("Ann")
    either_house.store.queue.add([demonstrate()], "batch")
    number = ann.next("demonstrate")["assignment"]
    before = either_house.everything()
    for draft in NO_DRAFTS:
        sent = ann.client.put(
            f"/api/assignments/{number}/draft",
            content=f'{{"draft": {draft}}}',
            headers={"x-csrf-token": ann.csrf},
        )
        assert sent.status_code == 422, draft[:20]
    assert either_house.everything() == before
    assert ann.get("/work/demonstrate").status_code == 200


@pytest.mark.parametrize(
    "body", ["", "{", "nonsense", "\xff", "[" * 100_000, "9" * 5000, '"\\ud83d"', "null", "[]", "5"]
)
def test_what_is_no_json_object_is_refused(body: str, house: House, ann: Person) -> None:
    house.store.queue.add([demonstrate()], "batch")
    number = ann.next("demonstrate")["assignment"]
    before = house.everything()
    sent = ann.client.post(
        f"/api/assignments/{number}/submit",
        content=body.encode("latin-1"),
        headers={"x-csrf-token": ann.csrf},
    )
    assert sent.status_code == 422
    assert house.everything() == before


def test_five_megabytes_are_too_many(house: House, ann: Person, olga: Person) -> None:
    house.store.queue.add([demonstrate()], "batch")
    number = ann.next("demonstrate")["assignment"]
    before = house.everything()
    sent = ann.submit(number, DEMONSTRATION | {"completion": "x" * 5_000_000})
    assert (sent.status_code, "4 MB" in sent.json()["error"]) == (413, True)
    assert olga.post("/instructions/rank/edit", text="x" * 5_000_000).status_code in (400, 413)
    assert house.everything() == before


@pytest.mark.parametrize("token", ["-", "another", "é".encode()])
def test_json_without_the_sessions_token_does_nothing(
    token: str | bytes, house: House, ann: Person, ben: Person
) -> None:
    house.store.queue.add([demonstrate()], "batch")
    number = ann.next("demonstrate")["assignment"]
    before = house.everything()
    for csrf in (token, ben.csrf):
        body = {"answer": DEMONSTRATION, "client": "a-client"}
        path = f"/api/assignments/{number}/submit"
        assert ann.send(path, body, csrf=csrf).status_code == 403
        assert ann.client.post(path, json=body).status_code == 403
    assert house.everything() == before


@pytest.mark.parametrize("kinds", ["rank", 5, {}, None])
def test_kinds_are_a_list(kinds: Any, ann: Person) -> None:
    assert ann.send("/api/next", {"kinds": kinds}).status_code == 422


def test_kinds_that_nobody_is_offered_bring_nothing(house: House, ann: Person) -> None:
    house.store.queue.add([demonstrate()], "batch")
    before = house.everything()
    for kinds in ([], ["flag", "assess"], ["x"], [5, None, {}, [], "\0"]):
        assert ann.send("/api/next", {"kinds": kinds}).status_code == 204
    assert house.everything() == before


def test_reading_instructions_that_are_not_there(either_house: House) -> None:
    ann = either_house.join("Ann")
    before = either_house.everything()
    assert ann.send("/api/instructions/12345/read", {}).status_code == 404
    assert either_house.everything() == before


def test_a_newcomer_names_topics_that_were_asked_about(house: House, nia: Person) -> None:
    work = nia.next("assess")
    before = house.everything()
    for topics in (["cookery"], ["sexual content"] * 2, ["x"] * 101, [5]):
        assert nia.submit(work["assignment"], {"kind": "assess", "topics": topics}).status_code == 422
    assert house.everything() == before
    assert nia.submit(work["assignment"], {"kind": "assess", "topics": ["sexual content"]}).status_code == 200


def test_every_flag_of_an_answer_is_kept(house: House, ann: Person) -> None:
    house.store.queue.add([rank()], "batch")
    work = ann.next("rank")
    raised = dict.fromkeys(Flags.model_fields, True)
    answer = best_first(work, "red")
    answer["marks"] = [{"overall": 4, "flags": raised}, {"overall": 4, "flags": {}}]
    assert ann.submit(work["assignment"], answer).status_code == 200
    first = work["completions"][0]["text"]
    flags = {rating.completion: rating.flags for rating in house.store.ratings()}
    assert flags[first] == Flags(**raised)
    assert Flags() in flags.values()
