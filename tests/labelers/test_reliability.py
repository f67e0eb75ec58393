"""Agreement by hand and by plain counting; Krippendorff's alpha against published figures and its definition."""

from collections import Counter
from itertools import combinations, product

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutelage.labelers.alpha import alpha_of_questions, alpha_of_rankings, alphas, coincidences
from tutelage.labelers.disputes import disputed_pairs, find_disputes, tied_share, tied_share_by_labeler
from tutelage.labelers.intervals import Estimate, rate
from tutelage.labelers.judged import Judged
from tutelage.labelers.reliability import (
    PairAgreement,
    agreement_by_labeler,
    agreement_by_pair,
    agreement_on_questions,
    agreement_on_rankings,
    drift_by_days,
)
from tutelage.labelers.tallies import QUESTIONS, Tally
from tutelage.schema import Flags, Mark

DAY = 86400.0

# Strict pairs of completions and those ordered alike: ann and bob 3 and 2, ann and cid 2 and 0, bob and cid 2 and 0
# about the first item; ann and bob 1 and 1 about the second.
RANKED = [
    Judged(1, "ann", (1, 2, 3), at=0.0),
    Judged(1, "bob", (1, 3, 2), at=DAY),
    Judged(1, "cid", (2, 1, 1), at=DAY),
    Judged(2, "bob", (1, 2), at=8 * DAY),
    Judged(2, "ann", (1, 2), at=9 * DAY),
    Judged(3, "ann", (2, 1), at=9.5 * DAY),
]


def test_agreement_is_the_share_of_strict_pairs_ordered_alike() -> None:
    assert agreement_on_rankings(RANKED) == rate([1, 1, 0, 0, 0, 0, 0, 1], [1] * 7 + [2])


def test_a_labeler_is_held_against_all_others() -> None:
    assert agreement_by_labeler(RANKED) == {
        "ann": rate([1, 1, 0, 0, 0, 1], [1] * 5 + [2]),
        "bob": rate([1, 1, 0, 0, 0, 1], [1] * 5 + [2]),
        "cid": rate([0] * 4, [1] * 4),
    }


def test_two_labelers_are_held_against_each_other() -> None:
    assert agreement_by_pair(RANKED) == [
        PairAgreement("ann", "bob", rate([1, 1, 0, 1], [1, 1, 1, 2])),
        PairAgreement("ann", "cid", rate([0, 0], [1, 1])),
        PairAgreement("bob", "cid", rate([0, 0], [1, 1])),
    ]


@pytest.mark.parametrize(
    "judged",
    [
        [],
        [Judged(1, "ann", (1, 2))],
        [Judged(1, "ann", (1, 2)), Judged(1, "bob", (1, 1))],
        [Judged(1, "ann")] * 2,
    ],
)
def test_nothing_is_said_where_no_two_labelers_are_strict_about_a_pair(judged: list[Judged]) -> None:
    assert agreement_on_rankings(judged) is None
    assert not any(agreement_by_labeler(judged).values())
    assert agreement_by_pair(judged) == []
    assert alpha_of_rankings(judged) is None
    assert agreement_on_questions(judged) == alpha_of_questions(judged) == dict.fromkeys(QUESTIONS)
    assert not any(drift_by_days(judged).values())


def test_rankings_of_different_items_under_one_number_are_refused() -> None:
    with pytest.raises(ValueError, match="different numbers of completions"):
        agreement_on_rankings([Judged(1, "ann", (1, 2)), Judged(1, "bob", (1, 2, 3))])


@st.composite
def rankings(draw: st.DrawFn) -> list[Judged]:
    """Up to six items of two to four completions, each ranked by some of four labelers."""
    judged = []
    for item in range(draw(st.integers(1, 6))):
        count = draw(st.integers(2, 4))
        for labeler in draw(st.sets(st.sampled_from("abcd"))):
            ranks = draw(st.tuples(*[st.integers(1, count)] * count))
            judged.append(Judged(item, labeler, ranks))
    return draw(st.permutations(judged))


def counted(judged: list[Judged], labeler: str | None = None) -> Estimate | None:
    """Agreement by going through everything one by one."""
    values, items = [], []
    for one, other in combinations(judged, 2):
        if one.item != other.item or (labeler is not None and labeler not in (one.labeler, other.labeler)):
            continue
        for i, j in combinations(range(len(one.ranks)), 2):
            mine, theirs = one.ranks[i] - one.ranks[j], other.ranks[i] - other.ranks[j]
            if mine * theirs != 0:
                values.append(float(mine * theirs > 0))
                items.append(one.item)
    return rate(values, items) if values else None


def near(found: Estimate | None, expected: Estimate | None) -> bool:
    """Whether two estimates are the same but for rounding."""
    if found is None or expected is None:
        return found is expected
    numbers = ("value", "low", "high", "n", "clusters")
    return all(getattr(found, name) == pytest.approx(getattr(expected, name)) for name in numbers)


@given(rankings())
def test_counting_one_by_one_gives_the_same(judged: list[Judged]) -> None:
    assert near(agreement_on_rankings(judged), counted(judged))
    for name, estimate in agreement_by_labeler(judged).items():
        assert near(estimate, counted(judged, name))


@given(rankings())
def test_one_window_over_everything_is_the_labelers_agreement(judged: list[Judged]) -> None:
    by_labeler = agreement_by_labeler(judged)
    drift = drift_by_days(judged, 7)
    assert {name: own[0].agreement if own else None for name, own in drift.items()} == by_labeler


def test_agreement_over_weeks() -> None:
    drift = drift_by_days(RANKED, 7)
    first, second = drift["ann"]
    assert (first.since, first.until, first.agreement) == (0.0, 0.0, rate([1, 1, 0, 0, 0], [1] * 5))
    assert (second.since, second.until, second.agreement) == (9 * DAY, 9 * DAY, rate([1], [2]))
    assert [window.agreement.value for window in drift["cid"]] == [0.0]


def mark(overall: int, constraint: bool | None = None, fails: bool = False) -> Mark:
    return Mark(overall=overall, flags=Flags(fails_task=fails, satisfies_constraint=constraint))


MARKED = [
    Judged(1, "ann", marks=(mark(7, True), mark(2, fails=True))),
    Judged(1, "bob", marks=(mark(7, False), mark(3, True, fails=True))),
    Judged(1, "cid", marks=(mark(6, True), mark(2))),
    Judged(2, "ann", marks=(mark(4),)),
    Judged(2, "cid", marks=(mark(4),)),
    Judged(3, "ann", marks=(mark(1),)),
]


def test_agreement_on_a_question_is_the_share_of_equal_answers_about_a_completion() -> None:
    found = agreement_on_questions(MARKED)
    # Of three labelers' pairs: one of three for either completion of the first item, one of one for the second.
    assert near(found["overall"], rate([1, 0, 0, 1, 0, 0, 1], [1] * 6 + [2]))
    assert near(found["fails_task"], rate([1, 1, 1, 1, 0, 0, 1], [1] * 6 + [2]))
    assert near(found["opinion"], rate([1] * 7, [1] * 6 + [2]))
    # Only the first completion's constraint was judged by more than one.
    assert near(found["satisfies_constraint"], rate([1, 0, 0], [1] * 3))


PUBLISHED = ((1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0), (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3),
             (0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0), (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0))  # fmt: skip
"""Krippendorff (2011), section C: four observers, twelve units, 0 where nothing was said."""


def test_alpha_of_overall_quality_is_the_published_ordinal_alpha() -> None:
    judged = [
        Judged(unit, f"observer {row}", marks=(mark(value),))
        for row, values in enumerate(PUBLISHED)
        for unit, value in enumerate(values)
        if value
    ]
    found = alpha_of_questions(judged)["overall"]
    assert found is not None
    assert found.value == pytest.approx(0.815, abs=5e-4)
    assert (found.n, found.clusters) == (40, 11)  # unit 12 has a single answer
    assert found.low < found.value < found.high <= 1


def test_alpha_of_a_yes_or_no_question_is_the_published_one_for_two_observers() -> None:
    # Krippendorff (2011), section A: 1 - 19 * 4 / (14 * 6)
    said = {"meg": "0100000010", "owen": "1110010000"}
    judged = [
        Judged(unit, name, marks=(mark(4, fails=answer == "1"),))
        for name, answers in said.items()
        for unit, answer in enumerate(answers)
    ]
    found = alpha_of_questions(judged)
    assert found["fails_task"] is not None
    assert found["fails_task"].value == pytest.approx(1 - 19 * 4 / 84)
    assert found["opinion"] is None  # all say no: there is nothing to agree about


@given(rankings())
@settings(max_examples=40, deadline=None)
def test_alpha_of_rankings_is_that_of_the_definition_on_preferences_seen_from_both_sides(
    judged: list[Judged],
) -> None:
    seers = Counter(said.item for said in judged)
    met: Counter[tuple[int, int]] = Counter()
    for item, answers in seers.items():
        rankings_of_item = [said.ranks for said in judged if said.item == item]
        for i, j in product(range(len(rankings_of_item[0])), repeat=2):
            values = [int(np.sign(ranks[j] - ranks[i])) for ranks in rankings_of_item]
            for one, other in product(range(answers), repeat=2):
                if i != j and one != other:
                    met[values[one], values[other]] += 1 / (answers - 1)
    totals = {value: sum(met[value, other] for other in (-1, 0, 1)) for value in (-1, 0, 1)}
    n = sum(totals.values())
    observed = sum(count for (one, other), count in met.items() if one != other)
    expected = sum(totals[one] * totals[other] for one, other in product(totals, repeat=2) if one != other)
    found = alpha_of_rankings(judged)
    if sum(count > 1 for count in seers.values()) < 2 or expected == 0:
        assert found is None
    else:
        assert found is not None
        assert found.value == pytest.approx(1 - (n - 1) * observed / expected)


@given(rankings(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_in_which_completions_are_kept_changes_no_alpha(judged: list[Judged], random) -> None:
    places = {said.item: random.sample(range(len(said.ranks)), len(said.ranks)) for said in judged}
    turned = [
        Judged(said.item, said.labeler, tuple(said.ranks[place] for place in places[said.item]))
        for said in judged
    ]
    assert near(alpha_of_rankings(turned), alpha_of_rankings(judged))


@given(
    st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=1, max_size=8).filter(
        lambda rows: sum(any(sum(row) > 1 and row[value] for row in rows) for value in range(4)) > 1
    ),
    st.booleans(),
)
def test_the_alphas_of_the_bootstrap_are_those_of_the_package(
    rows: list[tuple[int, ...]], ordinal: bool
) -> None:
    counts = np.array(rows)
    matrices = coincidences(Tally(counts, np.arange(len(rows)) % 3), np.arange(3))
    level = "ordinal" if ordinal else "nominal"
    package = krippendorff.alpha(value_counts=counts, level_of_measurement=level)
    assert alphas(matrices.sum(axis=0)[None], ordinal=ordinal)[0] == pytest.approx(package)


def test_the_interval_of_alpha_redraws_whole_items() -> None:
    answers = {1: ("0000", "0000"), 2: ("1111", "1110"), 3: ("1100", "0110")}
    judged = [
        Judged(item, name, marks=tuple(mark(4, fails=answer == "1") for answer in said))
        for item, both in answers.items()
        for name, said in zip(("meg", "owen"), both, strict=True)
    ]
    drawn = []
    for items in product(answers, repeat=3):  # all 27 draws are equally likely
        units = [pair for item in items for pair in zip(*answers[item], strict=True)]
        counts = np.array([[pair.count("0"), pair.count("1")] for pair in units])
        if counts.sum(axis=0).all():  # else there is no alpha: the first item three times
            drawn.append(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))
    expected = np.quantile(drawn, [0.025, 0.975], method="inverted_cdf")
    found = alpha_of_questions(judged)["fails_task"]
    assert found is not None
    assert (found.low, found.high) == pytest.approx(expected)


def test_ties_are_a_share_of_all_pairs() -> None:
    assert tied_share(RANKED) == pytest.approx(1 / 12)  # of 9 pairs of three completions and 3 of two
    assert tied_share_by_labeler(RANKED) == pytest.approx({"ann": 0.0, "bob": 0.0, "cid": 1 / 3})
    assert tied_share([Judged(1, "ann")]) is None


def test_a_pair_is_disputed_when_two_labelers_order_it_oppositely() -> None:
    assert disputed_pairs([(1, 2, 3), (1, 3, 2), (1, 2, 2)]) == ((1, 2),)
    assert disputed_pairs([(1, 2), (1, 1), (1, 2)]) == disputed_pairs([(1, 2)]) == disputed_pairs([]) == ()


def test_the_most_disputed_item_comes_first() -> None:
    # The fourth item has one of three pairs disputed; the first all three, of which cid leaves the last to two.
    judged = [*RANKED, Judged(4, "ann", (1, 2, 3)), Judged(4, "bob", (1, 3, 2))]
    first, second = find_disputes(judged)
    assert (first.item, first.labelers, first.pairs) == (1, ("ann", "bob", "cid"), ((0, 1), (0, 2), (1, 2)))
    assert (first.compared, first.share) == (3, 1.0)
    assert (second.item, second.pairs, second.share) == (4, ((1, 2),), pytest.approx(1 / 3))
