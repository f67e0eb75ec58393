"""Agreement of judges by hand."""

from collections.abc import Sequence

import pytest

from tutelage.evaluation import agreement_between
from tutelage.evaluation.judges import agreement_with_groups, agreement_within_and_between
from tutelage.labelers.intervals import rate
from tutelage.schema import Prompt, Ranking


def ranking(prompt: str, completions: str, ranks: Sequence[int]) -> Ranking:
    """A ranking of completions of one letter each."""
    return Ranking(prompt=Prompt(text=prompt), completions=tuple(completions), ranks=tuple(ranks))


def test_agreement_by_hand() -> None:
    people = [ranking("p", "abc", [1, 2, 3]), ranking("q", "ab", [1, 2])]
    model = [ranking("p", "abc", [1, 3, 2]), ranking("q", "ab", [1, 2])]
    estimate = agreement_between({"people": people, "model": model})["people", "model"]
    # p: ab and ac alike, bc not; q: alike.
    assert (estimate.value, estimate.n, estimate.clusters) == (0.75, 4, 2)
    by_hand = rate([1, 1, 0, 1], ["p", "p", "p", "q"])
    assert (estimate.low, estimate.high) == pytest.approx((by_hand.low, by_hand.high))


def test_places_and_sources_do_not_matter_but_texts_do() -> None:
    one = ranking("p", "abc", [1, 2, 3]).model_copy(update={"sources": ("x", "y", "z")})
    estimate = agreement_between({"one": [one], "other": [ranking("p", "dcba", [1, 4, 3, 2])]})[
        "one", "other"
    ]
    assert (estimate.value, estimate.n) == (1, 3)


def test_pairs_that_one_of_them_ties_do_not_count() -> None:
    one, other = [ranking("p", "abc", [1, 1, 2])], [ranking("p", "abc", [3, 2, 1])]
    estimate = agreement_between({"one": one, "other": other})["one", "other"]
    assert (estimate.value, estimate.n) == (0, 2)


def test_several_rankings_of_a_prompt_each_meet_each_of_the_other_judge() -> None:
    people = [ranking("p", "ab", ranks) for ranks in ([1, 2], [1, 2], [2, 1], [1, 1])]
    model = [ranking("p", "ab", [1, 2]), ranking("p", "ba", [1, 2])]
    agreements = agreement_between({"people": people, "model": model, "reward": model[:1]})
    assert (agreements["people", "model"].value, agreements["people", "model"].n) == (0.5, 6)
    assert (agreements["people", "reward"].value, agreements["people", "reward"].n) == (2 / 3, 3)
    assert agreements["people", "reward"].clusters == 1


def test_every_two_judges_appear_once_and_those_with_nothing_in_common_do_not() -> None:
    same = [ranking("p", "ab", [1, 2])]
    judges = {
        "c": same,
        "a": same,
        "another prompt": [ranking("q", "ab", [1, 2])],
        "other outputs": [ranking("p", "cd", [1, 2])],
        "all tied": [ranking("p", "ab", [1, 1])],
        "silent": [],
    }
    assert list(agreement_between(judges)) == [("c", "a")]
    assert agreement_between({"alone": same}) == {}


def test_equal_texts_are_not_two_outputs() -> None:
    one, other = [ranking("p", "aab", [1, 2, 3])], [ranking("p", "aab", [2, 1, 3])]
    estimate = agreement_between({"one": one, "other": other})["one", "other"]
    # Either a is above b in both: two orders of the one meet two of the other.
    assert (estimate.value, estimate.n) == (1, 4)


def test_one_prompt_alone_tells_little() -> None:
    judges = {name: [ranking("p", "abcd", [1, 2, 3, 4])] for name in ("one", "other")}
    estimate = agreement_between(judges)["one", "other"]
    assert (estimate.value, estimate.high, estimate.clusters) == (1, 1, 1)
    assert estimate.low < 0.3


def test_within_and_between_groups_by_hand() -> None:
    """Ann and Ben order both prompts; Eve, held out, the first; Gil, held out, nothing that anybody else ordered."""
    said = {
        "ann": [ranking("p", "ab", [1, 2]), ranking("q", "ab", [1, 2])],
        "eve": [ranking("p", "ab", [2, 1])],
        "ben": [ranking("p", "ab", [1, 2]), ranking("q", "ab", [2, 1])],
        "gil": [ranking("r", "ab", [1, 2])],
    }
    groups = {"ann": "training", "ben": "training", "eve": "heldout", "gil": "heldout"}
    found = agreement_within_and_between(said, groups)
    assert {pair: (each.value, each.n, each.clusters) for pair, each in found.items()} == {
        ("heldout", "training"): (0, 2, 1),  # eve with ann, eve with ben, on one prompt
        ("training", "training"): (0.5, 2, 2),
    }
    by_labeler = agreement_with_groups(said, groups)
    assert {name: {group: each.value for group, each in own.items()} for name, own in by_labeler.items()} == {
        "ann": {"training": 0.5, "heldout": 0},
        "ben": {"training": 0.5, "heldout": 0},
        "eve": {"training": 0},
    }
    assert agreement_within_and_between({"ann": said["ann"]}, groups) == {}
    assert agreement_with_groups({"ann": said["ann"]}, groups) == {}


def test_the_pairs_of_a_group_together_are_its_agreement() -> None:
    orders = {"ann": [1, 2, 3], "ben": [1, 3, 2], "cy": [3, 2, 1]}
    said = {name: [ranking("p", "abc", ranks)] for name, ranks in orders.items()}
    pairs = agreement_between(said)
    [(group, whole)] = agreement_within_and_between(said, dict.fromkeys(said, "training")).items()
    assert group == ("training", "training")
    assert whole.n == sum(each.n for each in pairs.values()) == 9
    assert whole.value == pytest.approx(sum(each.value for each in pairs.values()) / 3)
