"""The owner's figures, by hand arithmetic on what was sent in."""

import time

from tests.labeling.house import BEST_FIRST, SKIP, House, Person, best_first, evaluate, gold, rank

from tutelage.labeling.figures import Figures
from tutelage.labeling.settings import Settings
from tutelage.schema import Group, Standing


def test_of_an_empty_store_there_is_none(house: House) -> None:
    figures = Figures(house.store)
    assert (figures.batches, figures.labelers, figures.questions, figures.disputes) == ([], [], [], [])
    assert (figures.agreement, figures.alpha) == (None, None)
    assert figures.by_pair == []
    assert figures.accuracy == {}


def test_progress_counts_judgments(house: House, ann: Person, ben: Person) -> None:
    house.store.queue.add([rank("a"), rank("b")], "batch", overlaps=2, priority=3)
    ann.do(BEST_FIRST, "rank")
    ann.next("rank")
    ben.do(SKIP, "rank")
    (batch,) = Figures(house.store).batches
    assert (batch.name, batch.kind, batch.priority) == ("batch", "rank", 3)
    assert (batch.wanted, batch.done, batch.leased, batch.open, batch.parked) == (4, 1, 1, 2, 0)
    assert batch.finish is None  # of one answer nobody can tell the pace


def test_what_three_labelers_have_skipped_is_parked(house: House) -> None:
    house.store.queue.add([rank("a")], "batch")
    for name in ("Ann", "Ben", "Eve"):
        house.join(name).do(SKIP, "rank")
    (batch,) = Figures(house.store).batches
    assert (batch.parked, batch.open, batch.finish) == (1, 0, "done")
    assert {each.name: each.skips for each in Figures(house.store).labelers} == {"Ann": 1, "Ben": 1, "Eve": 1}


def test_labelers_in_figures(house: House) -> None:
    """Ann and Ben agree on two of three tasks; on gold Ann is right twice, Ben once of twice."""
    house.store.queue.add([rank(f"{number}") for number in range(3)], "batch", overlaps=2)
    house.store.queue.add([gold("x"), gold("y")], "gold")
    ann, ben = house.join("Ann"), house.join("Ben")
    for who in (ann, ben):
        for _ in range(3):
            work = who.next("rank")
            best = "red" if who is ann or work["prompt"] != "2" else "a stone"
            who.submit(work["assignment"], best_first(work, best))
    only_gold = House(house.store, Settings(gold_every=1))
    for name in ("Ann", "Ben"):
        who = only_gold.sit_down(house.store.accounts.named(name).account)
        for _ in range(2):
            work = who.next("rank")
            best = "red" if name == "Ann" or work["prompt"] == "x" else "a stone"
            who.submit(work["assignment"], best_first(work, best))
    labelers = {each.name: each for each in Figures(house.store).labelers}
    assert {name: each.judgments for name, each in labelers.items()} == {"Ann": 5, "Ben": 5}
    assert {name: each.today for name, each in labelers.items()} == {"Ann": 5, "Ben": 5}
    assert {name: each.gold.value for name, each in labelers.items() if each.gold} == {"Ann": 1.0, "Ben": 0.5}
    assert {name: each.ties for name, each in labelers.items()} == {"Ann": 0.0, "Ben": 0.0}
    # of the five things that both have judged, three are judged alike
    assert {name: each.agreement.value for name, each in labelers.items() if each.agreement} == {
        "Ann": 0.6,
        "Ben": 0.6,
    }
    assert len(Figures(house.store).disputes) == 2


def test_the_screening_is_in_no_figure(house: House, nia: Person) -> None:
    nia.do({"kind": "flag", "sensitive": True}, "flag")
    nia.do(SKIP, "flag")
    figures = Figures(house.store)
    assert (figures.labelers, figures.answers) == ([], [])


def test_nor_is_one_that_was_retired_since(house: House, nia: Person) -> None:
    for ranks in ([1, 2], [2, 1]):
        work = nia.next("rank")
        count = len(work["completions"])
        order = {"kind": "order", "marks": [{"overall": 4}] * count, "ranks": [*ranks, *range(3, count + 1)]}
        assert nia.submit(work["assignment"], order).status_code == 200
    house.store.queue.retire("screening")
    figures = Figures(house.store)
    assert (figures.labelers, figures.answers, figures.judged, figures.gold) == ([], [], [], {})


def test_answers_to_gold_that_was_retired_since_count_as_before(house: House) -> None:
    only_gold = House(house.store, Settings(gold_every=1))
    house.store.queue.add([gold("x")], "gold")
    ann = only_gold.join("Ann")
    work = ann.next("rank")
    ann.submit(work["assignment"], best_first(work, "red"))
    house.store.queue.retire("gold")
    assert {name: each.value for name, each in Figures(house.store).accuracy.items()} == {"Ann": 1.0}


def test_judgments_are_what_was_sent(house: House, nia: Person) -> None:
    """An answer at the screening, one that is corrected, one that is set aside and a skip are four judgments."""
    nia.do({"kind": "flag", "sensitive": True}, "flag")
    ann = house.sit_down(house.store.accounts.change("Nia", standing=Standing.active))
    house.store.queue.add([rank("a"), rank("b"), rank("c")], "batch")
    corrected, set_aside = ann.do(BEST_FIRST, "rank"), ann.do(BEST_FIRST, "rank")
    ann.do(SKIP, "rank")
    body = {"answer": BEST_FIRST, "client": "a-client"}
    assert ann.send(f"/api/submissions/{corrected}/correct", body).status_code == 200
    house.store.journal.set_aside(set_aside)
    (nias,) = Figures(house.store).labelers
    assert (nias.judgments, nias.today, nias.skips) == (4, 4, 1)
    (tomorrows,) = Figures(house.store, time.time() + 86400).labelers
    assert (tomorrows.judgments, tomorrows.today) == (4, 0)


def test_the_group_stands_beside_the_name(house: House, ann: Person, hal: Person) -> None:
    house.store.queue.add([evaluate()], "comparison")
    ann.do(BEST_FIRST, "evaluate")
    hal.do(BEST_FIRST, "evaluate")
    groups = {each.name: each.group for each in Figures(house.store).labelers}
    assert groups == {"Ann": Group.training, "Hal": Group.heldout}
