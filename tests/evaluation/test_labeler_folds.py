"""Folds of labelers: who is in which, by hand, and that a taste of one's own shows."""

import random

import pytest

from tutelage.evaluation.labeler_folds import divide_labelers, fold_accuracies
from tutelage.schema import Prompt, Ranking


def test_groups_are_of_equal_size_and_depend_on_names_and_seed_alone() -> None:
    names = [f"labeler {number}" for number in range(12)]
    groups = divide_labelers(names, 5, seed=0)
    assert sorted(len(group) for group in groups) == [2, 2, 2, 3, 3]
    assert sorted(name for group in groups for name in group) == sorted(names)
    assert divide_labelers([*reversed(names), names[0]], 5, seed=0) == groups
    assert divide_labelers(names, 5, seed=1) != groups
    with pytest.raises(ValueError, match="12 labelers cannot be divided into 13 groups"):
        divide_labelers(names, 13, seed=0)


def test_by_hand() -> None:
    """Each ranking is unseen to one model, and seen to the two others."""
    groups = [("ann",), ("ben",), ("cat",)]
    rankings = [
        Ranking(prompt=Prompt(text="p"), completions=("a", "b"), ranks=(1, 2), labeler="ann"),
        Ranking(prompt=Prompt(text="q"), completions=("a", "b"), ranks=(2, 1), labeler="ben"),
        Ranking(prompt=Prompt(text="r"), completions=("a", "b"), ranks=(1, 1), labeler="cat"),
    ]
    a, b, neither = [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]
    scores = [[b, a, a], [a, neither, a], [a, b, a]]
    found = fold_accuracies(groups, rankings, scores)
    # ann's: wrong by the first model, right by both others; ben's: undecided by the second, wrong and right by them
    assert (found.unseen.value, found.unseen.n) == ((0 + 0.5) / 2, 2)
    assert (found.seen.value, found.seen.n) == ((1 + 1 + 0 + 1) / 4, 4)
    assert found.difference.value == pytest.approx((1 - 0 + 0.5 - 0.5) / 2)
    assert [each and each.value for each in found.by_fold] == [0.0, 0.5, None]


def test_where_tastes_differ_unseen_labelers_are_predicted_worse() -> None:
    """A labeler likes what all like, and a thing of their own; a model has learned what its labelers like."""
    chance = random.Random(1)
    names = [f"labeler {number}" for number in range(10)]
    groups = divide_labelers(names, 5, seed=0)
    rankings, worths = [], []
    for number in range(3000):
        name = chance.choice(names)
        worth = [{each: chance.gauss(0, 1) for each in ("all", *names)} for _ in "ab"]
        liked = [own["all"] + 2 * own[name] for own in worth]
        ranks = (1, 2) if liked[0] > liked[1] else (2, 1)
        rankings.append(
            Ranking(prompt=Prompt(text=str(number)), completions=("a", "b"), ranks=ranks, labeler=name)
        )
        worths.append(worth)
    scores = [
        [
            [own["all"] + sum(own[each] for each in names if each not in group) / 4 for own in worth]
            for worth in worths
        ]
        for group in groups
    ]
    found = fold_accuracies(groups, rankings, scores)
    assert found.unseen.high < found.seen.low
    assert found.difference.low > 0
    # a mean over pairs that are the same on both sides
    assert found.difference.value == pytest.approx(found.seen.value - found.unseen.value)
    width = found.difference.high - found.difference.low
    assert width < (found.seen.high - found.seen.low) + (found.unseen.high - found.unseen.low)
    assert len([each for each in found.by_fold if each is not None]) == 5
