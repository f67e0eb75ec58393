"""A labeler is offered what is theirs to do, no more of it than the day allows, and may say another thing later."""

import json

import pytest
from tests.labeling.house import (
    BEST_FIRST,
    DEMONSTRATION,
    SKIP,
    House,
    Person,
    best_first,
    demonstrate,
    evaluate,
    gold,
    rank,
)

from tutelage.labelers.policy import is_golds_turn
from tutelage.labeling.settings import Settings
from tutelage.schema import Prompt, Task, TaskKind


def test_the_first_page_says_what_waits(house: House, ann: Person, hal: Person) -> None:
    house.store.queue.add([rank("a"), rank("b"), demonstrate(), evaluate()], "batch")
    page = ann.get("/").text
    assert "2 waiting" in page
    assert "Compare models" in page
    page = hal.get("/").text
    assert "Compare models" in page
    assert "Rank outputs" not in page
    ann.next("rank")
    assert "you have one begun" in ann.get("/").text


def test_instructions_come_before_work(house: House, ann: Person) -> None:
    house.store.queue.add([rank()], "batch")
    assert ann.get("/work/rank").headers["location"] == "/instructions/rank"
    (version,) = house.store.instructions.versions(TaskKind.rank)
    assert f'action="/instructions/{version.id}/read"' in ann.get("/instructions/rank").text
    read = ann.post(f"/instructions/{version.id}/read", next="https://evil.example")
    assert read.headers["location"] == "/work/rank"
    page = ann.get("/work/rank")
    assert page.status_code == 200
    assert "Name a colour." in page.text


@pytest.mark.parametrize("kind", ["write", "demonstrate", "rank", "evaluate"])
def test_every_kind_of_work_has_a_page_and_a_page_for_correcting(
    kind: str, house: House, ann: Person
) -> None:
    tasks = [
        Task(kind="write", prompt_kind="few_shot", use_case="chat"),
        demonstrate("<b>bold</b>"),
        rank("<b>bold</b>"),
        evaluate("<b>bold</b>"),
    ]
    answers = {
        "write": {"kind": "write", "text": "<b>bold</b>", "completion": None},
        "demonstrate": DEMONSTRATION,
        "rank": BEST_FIRST,
        "evaluate": BEST_FIRST,
    }
    house.store.queue.add(tasks, "batch")
    work = ann.next(kind)
    page = ann.get(f"/work/{kind}").text
    assert "<b>bold</b>" not in page.split("<main")[1]
    given = json.loads(page.split('id="work">')[1].split("</script>")[0])
    assert (given["assignment"], given["correcting"], given["answer"]) == (work["assignment"], None, None)
    assert given["brief"] == (
        {"prompt_kind": "few_shot", "use_case": "chat"}
        if kind == "write"
        else {"prompt_kind": None, "use_case": None}
    )
    number = ann.submit(work["assignment"], answers[kind]).json()["submission"]
    page = ann.get(f"/mine/{number}").text
    given = json.loads(page.split('id="work">')[1].split("</script>")[0])
    assert given["correcting"] == number
    assert given["answer"]["kind"] == answers[kind]["kind"]


@pytest.mark.parametrize("kind", ["flag", "rank", "demonstrate", "assess"])
def test_every_kind_of_the_screening_has_a_page(kind: str, nia: Person) -> None:
    nia.next(kind)
    assert nia.get(f"/work/{kind}").status_code == 200


def test_a_correction_shows_the_answer_as_it_was_given(house: House, ann: Person) -> None:
    house.store.queue.add([rank()], "batch")
    work = ann.next("rank")
    answer = best_first(work, "a stone")
    number = ann.submit(work["assignment"], answer).json()["submission"]
    page = ann.get(f"/mine/{number}").text
    shown = json.loads(page.split('id="work">')[1].split("</script>")[0])["answer"]
    assert shown["ranks"] == answer["ranks"]
    assert [mark["overall"] for mark in shown["marks"]] == [mark["overall"] for mark in answer["marks"]]
    corrected = best_first(work, "red")
    sent = ann.send(f"/api/submissions/{number}/correct", {"answer": corrected, "client": "a-client"})
    assert sent.status_code == 200
    (ranking,) = house.store.rankings()
    assert ranking.ranks == (1, 2)  # red, then a stone
    assert ann.get(f"/mine/{number}").status_code == 404
    page = ann.get("/mine").text
    assert "replaced or set aside" in page
    assert f"/mine/{sent.json()['submission']}" in page


def test_what_was_skipped_is_told_so_and_not_corrected(house: House, ann: Person) -> None:
    house.store.queue.add([demonstrate()], "batch")
    number = ann.do(SKIP, "demonstrate")
    assert "skipped" in ann.get("/mine").text
    assert ann.get(f"/mine/{number}").status_code == 404


def test_a_days_limit_ends_the_day(house: House, ann: Person, olga: Person) -> None:
    house.store.queue.add([demonstrate(f"{number}") for number in range(5)], "batch")
    olga.post("/people/Ann", role="labeler", group="training", standing="active", daily_limit="2")
    for _ in range(2):
        ann.do(DEMONSTRATION, "demonstrate")
    before = house.everything()
    assert ann.send("/api/next", {"kinds": ["demonstrate"]}).status_code == 429
    assert ann.get("/work/demonstrate").status_code == 200
    assert house.everything() == before
    assert "of 2 at most" in ann.get("/").text
    olga.post("/people/Ann", role="labeler", group="training", standing="active", daily_limit="3")
    ann.do(DEMONSTRATION, "demonstrate")
    assert ann.send("/api/next", {"kinds": ["demonstrate"]}).status_code == 429


def test_a_correction_is_no_judgment_more(house: House, ann: Person) -> None:
    house.store.accounts.change("Ann", daily_limit=2)
    house.store.queue.add([demonstrate("a"), demonstrate("b")], "batch")
    number = ann.do(DEMONSTRATION, "demonstrate")
    body = {"answer": DEMONSTRATION | {"completion": "better"}, "client": "a-client"}
    assert ann.send(f"/api/submissions/{number}/correct", body).status_code == 200
    assert ann.next("demonstrate")["prompt"] == "b"


def test_gold_is_mixed_in_where_nobody_can_foretell(house: House) -> None:
    every = House(house.store, Settings(gold_every=4))
    house.store.queue.add([rank(f"plain {number}") for number in range(12)], "batch")
    house.store.queue.add([gold(f"gold {number}") for number in range(5)], "gold")
    ann = every.join("Ann")
    done = []
    for _ in range(12):
        work = ann.next("rank")
        done.append(work["prompt"].split()[0])
        ann.submit(work["assignment"], BEST_FIRST)
    assert [done[block : block + 4].count("gold") for block in (0, 4, 8)] == [1, 1, 1]
    assert [word == "gold" for word in done] == [is_golds_turn(4, sent, "Ann") for sent in range(12)]
    trained = {ranking.prompt.text.split()[0] for ranking in house.store.rankings(purpose="training")}
    assert trained == {"plain"}


def test_where_gold_is_given_back_it_comes_again(house: House) -> None:
    only_gold = House(house.store, Settings(gold_every=1))
    house.store.queue.add([gold("one")], "gold")
    house.store.queue.add([rank("plain")], "batch")
    ann = only_gold.join("Ann")
    work = ann.next("rank")
    assert work["prompt"] == "one"
    ann.send(f"/api/assignments/{work['assignment']}/give-back", {})
    assert ann.next("rank")["prompt"] == "one"


def test_a_newcomer_does_the_screening_and_nothing_else(house: House, nia: Person) -> None:
    house.store.queue.add([rank("real"), evaluate(), demonstrate("real"), Task(kind="write")], "batch")
    answers = {
        "flag": {"kind": "flag", "sensitive": False},
        "rank": None,
        "demonstrate": DEMONSTRATION,
        "assess": {"kind": "assess", "topics": ["sexual content"]},
    }
    seen = 0
    for kind, answer in answers.items():
        while (response := nia.send("/api/next", {"kinds": [kind]})).status_code != 204:
            if response.status_code == 409:
                nia.send(f"/api/instructions/{response.json()['instructions']['id']}/read", {})
                continue
            work = response.json()
            assert work["prompt"] != "real"
            count = len(work["completions"])
            order = {"kind": "order", "marks": [{"overall": 4}] * count, "ranks": [1] * count}
            assert nia.submit(work["assignment"], answer or order).status_code == 200
            seen += 1
    assert seen == len(house.store.overview.control(screening=True)) == 21
    assert "You have done all of the screening" in nia.get("/").text
    for kind in ("evaluate", "write"):
        assert nia.get(f"/work/{kind}").status_code == 404
    assert house.store.rankings(purpose="training") == house.store.demonstrations(purpose="training") == []
    assert house.store.prompts() == []


def test_a_prompt_that_a_labeler_writes_is_theirs(house: House, ann: Person) -> None:
    house.store.queue.add([Task(kind="write", number=1)], "batch")
    answer = {
        "kind": "write",
        "text": "Say a.",
        "prompt_kind": "few_shot",
        "use_case": "chat",
        "completion": "a",
    }
    ann.do(answer, "write")
    (written,) = house.store.demonstrations()
    expected = Prompt(text="Say a.", use_case="chat", user="labeler:Ann", kind="few_shot")
    assert (written.prompt, written.completion, written.labeler) == (expected, "a", "Ann")
    assert house.store.prompts() == [expected]
