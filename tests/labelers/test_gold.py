"""Answers held against the owner's: by hand."""

from hypothesis import given
from hypothesis import strategies as st

from tutelage.labelers.gold import accuracy_by_labeler, accuracy_of_flags, accuracy_of_ranks
from tutelage.labelers.intervals import rate
from tutelage.labelers.judged import Judged
from tutelage.schema import Gold

GOLD = {1: Gold(ranks=(1, 2, 2)), 2: Gold(ranks=(2, 1)), 3: Gold(sensitive=True), 4: Gold(sensitive=False)}


def test_only_what_the_gold_orders_is_asked_for_and_a_tie_is_half_right() -> None:
    judged = [Judged(1, "ann", (1, 1, 2)), Judged(2, "ann", (1, 2)), Judged(9, "ann", (1, 2))]
    assert accuracy_of_ranks(judged, GOLD) == rate([0.5, 1.0, 0.0], [1, 1, 2])


def test_a_flag_is_right_or_wrong() -> None:
    judged = [
        Judged(3, "ann", sensitive=True),
        Judged(4, "ann", sensitive=True),
        Judged(3, "bob", sensitive=True),
        Judged(9, "bob", sensitive=True),
    ]
    assert accuracy_of_flags(judged, GOLD) == rate([1, 0, 1], [3, 4, 3])
    assert accuracy_by_labeler(accuracy_of_flags, judged, GOLD) == {
        "ann": rate([1, 0], [3, 4]),
        "bob": rate([1], [3]),
    }


def test_who_answered_no_gold_has_no_accuracy() -> None:
    judged = [Judged(9, "ann", (1, 2)), Judged(1, "bob", (1, 2, 3))]
    assert accuracy_of_ranks(judged[:1], GOLD) is None
    assert accuracy_of_flags(judged, GOLD) is None
    assert list(accuracy_by_labeler(accuracy_of_ranks, judged, GOLD)) == ["bob"]


def test_a_gold_that_ties_everything_asks_for_nothing() -> None:
    assert accuracy_of_ranks([Judged(1, "ann", (1, 2))], {1: Gold(ranks=(1, 1))}) is None


@given(st.permutations([1, 2, 3, 4]), st.permutations([1, 2, 3, 4]))
def test_the_reverse_order_is_right_where_the_order_was_wrong(ranks: list[int], gold: list[int]) -> None:
    known = {1: Gold(ranks=tuple(gold))}
    one = accuracy_of_ranks([Judged(1, "ann", tuple(ranks))], known)
    other = accuracy_of_ranks([Judged(1, "ann", tuple(5 - rank for rank in ranks))], known)
    assert one is not None
    assert other is not None
    assert one.n == 6
    assert abs(one.value + other.value - 1) < 1e-12
