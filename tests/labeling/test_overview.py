"""What the owner and the reviewers see of the work: nothing yet, one answer, agreement, and disagreements."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.labeling.house import (
    BEST_FIRST,
    DEMONSTRATION,
    SKIP,
    House,
    Person,
    best_first,
    demonstrate,
    gold,
    rank,
)

from tutelage.labelers.comparisons import Comparisons, compare_labelers
from tutelage.labelers.judged import Judged
from tutelage.labeling.figures import Figures
from tutelage.labeling.pictures import PICTURES
from tutelage.labeling.settings import Settings
from tutelage.store import Store

NO_DATA = {"agreement", "drift", "gold"}


def test_of_an_empty_house_there_is_nothing_to_see(rita: Person) -> None:
    page = rita.get("/overview")
    assert page.status_code == 200
    assert "0 of 0" in page.text
    assert "plots/" not in page.text
    for name in PICTURES:
        assert rita.get(f"/overview/plots/{name}.svg").status_code == 404
    assert rita.get("/disagreements").status_code == 200
    assert rita.get("/people").status_code == 200


def test_one_answer_is_seen(house: House, ann: Person, rita: Person) -> None:
    house.store.queue.add([rank(), demonstrate()], "batch", overlaps=2)
    ann.do(BEST_FIRST, "rank")
    page = rita.get("/overview").text
    assert "1 of 4" in page
    for name in PICTURES:
        picture = rita.get(f"/overview/plots/{name}.svg")
        assert picture.status_code == (404 if name in NO_DATA else 200), name
        assert (f"plots/{name}.svg" in page) == (name not in NO_DATA)
        if name not in NO_DATA:
            assert picture.headers["content-type"] == "image/svg+xml"
            assert "script-src" not in picture.headers["content-security-policy"]
    assert rita.get("/people/Ann").status_code == 200


@pytest.mark.parametrize("answer", [DEMONSTRATION, SKIP], ids=["demonstration", "skip"])
def test_an_answer_without_an_order_is_seen(
    answer: dict[str, object], house: House, ann: Person, rita: Person
) -> None:
    house.store.queue.add([demonstrate()], "batch")
    ann.do(answer, "demonstrate")
    assert rita.get("/overview").status_code == 200


def test_two_of_three_pairs_agree(house: House, ann: Person, ben: Person, rita: Person) -> None:
    """Two tasks: on one both say the same, on the other the opposite: of two pairs one, 50 %."""
    house.store.queue.add([rank("same"), rank("other")], "batch", overlaps=2)
    for who in (ann, ben):
        for _ in range(2):
            work = who.next("rank")
            best = "red" if who is ann or work["prompt"] == "same" else "a stone"
            who.submit(work["assignment"], best_first(work, best))
    page = rita.get("/overview").text
    assert "4 of 4" in page
    assert "<b>50.0 %</b>" in page
    for name in set(PICTURES) - {"gold"}:
        assert rita.get(f"/overview/plots/{name}.svg").content.startswith(b"<?xml")

    page = rita.get("/disagreements").text
    assert ">other<" in page
    assert ">same<" not in page
    task = page.split('href="/disagreements/')[1].split('"')[0]
    detail = rita.get(f"/disagreements/{task}").text
    assert "Ann" in detail
    assert "Ben" in detail
    assert "a stone" in detail
    assert rita.get("/disagreements/99999").status_code == 404


def test_gold_is_drawn_where_it_was_answered(house: House, rita: Person) -> None:
    """Three of four gold items as the owner says: 75 %."""
    only_gold = House(house.store, Settings(gold_every=1))
    house.store.queue.add([gold(f"{number}") for number in range(4)], "gold")
    ann = only_gold.join("Ann")
    for best in ("red", "red", "red", "a stone"):
        work = ann.next("rank")
        ann.submit(work["assignment"], best_first(work, best))
    page = rita.get("/overview").text
    assert "<b>75.0 %</b>" in page
    assert rita.get("/overview/plots/gold.svg").status_code == 200


def test_what_is_set_aside_counts_no_more_and_is_asked_again(
    house: House, ann: Person, ben: Person, olga: Person
) -> None:
    house.store.queue.add([rank()], "batch")
    number = ann.do(BEST_FIRST, "rank")
    sent = olga.post(f"/submissions/{number}/set-aside")
    assert sent.status_code == 303
    assert olga.get(sent.headers["location"]).status_code == 200
    assert house.store.rankings() == []
    before = house.everything()
    assert olga.post(f"/submissions/{number}/set-aside").status_code == 409
    assert olga.post("/submissions/999/set-aside").status_code == 404
    assert house.everything() == before
    assert ann.send("/api/next", {"kinds": ["rank"]}).status_code == 204
    ben.do(BEST_FIRST, "rank")
    assert [each.labeler for each in house.store.rankings()] == ["Ben"]
    assert "replaced or set aside" in ann.get("/mine").text


def test_where_gold_alone_was_answered_there_is_no_picture_of_progress(house: House, rita: Person) -> None:
    only_gold = House(house.store, Settings(gold_every=1))
    house.store.queue.add([gold("a")], "gold")
    only_gold.join("Ann").do(BEST_FIRST, "rank")
    assert "throughput.svg" in rita.get("/overview").text
    assert "progress.svg" not in rita.get("/overview").text
    assert rita.get("/overview/plots/progress.svg").status_code == 404


def test_the_figures_are_those_of_a_moment_ago(
    house: House, ann: Person, rita: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.store.queue.add([demonstrate("a"), demonstrate("b")], "batch")
    ann.do(DEMONSTRATION, "demonstrate")
    assert "1 of 2" in rita.get("/overview").text
    ann.do(DEMONSTRATION, "demonstrate")
    assert "1 of 2" in rita.get("/overview").text
    monkeypatch.setattr("tutelage.labeling.desk.FRESH", 0.0)
    assert "2 of 2" in rita.get("/overview").text


def test_figures_that_take_longer_than_they_are_fresh_are_computed_once_for_all_who_wait(
    house: House, ann: Person, rita: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten requests of one server with four threads wait for them; meanwhile others are served."""
    monkeypatch.setattr("tutelage.labeling.desk.FRESH", 0.5)
    begun, may_end = threading.Event(), threading.Event()
    computed = []

    class Slow(Figures):
        def __init__(self, store: Store) -> None:
            super().__init__(store)
            computed.append(self)
            begun.set()
            assert may_end.wait(30)

    monkeypatch.setattr("tutelage.labeling.desk.Figures", Slow)
    with ThreadPoolExecutor(11) as pool:
        waiting = [pool.submit(rita.get, "/overview") for _ in range(10)]
        assert begun.wait(30)
        served = pool.submit(rita.get, "/mine").result(30)
        time.sleep(0.6)  # longer than figures are fresh
        may_end.set()
        assert [one.result().status_code for one in waiting] == [200] * 10
    assert served.status_code == 200
    assert len(computed) == 1


def test_the_comparisons_of_labelers_are_found_once(
    house: House, ann: Person, ben: Person, rita: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.store.queue.add([rank()], "batch", overlaps=2)
    for who in (ann, ben):
        who.do(BEST_FIRST, "rank")
    found = []

    def counted(judged: Sequence[Judged]) -> Comparisons:
        found.append(judged)
        return compare_labelers(judged)

    for room in ("labeling.figures", "labelers.reliability"):
        monkeypatch.setattr(f"tutelage.{room}.compare_labelers", counted)
    for path in ("/overview", "/overview/plots/agreement.svg", "/overview/plots/drift.svg", "/disagreements"):
        assert rita.get(path).status_code == 200
    assert len(found) == 1
