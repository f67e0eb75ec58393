"""The reward model's accuracy on rankings, by hand and against the paper's formula."""

import math

import pytest

from tutelage.evaluation import (
    accuracy_by_gap,
    best_of_n,
    best_of_n_curve,
    ranking_accuracy,
    score_rankings,
)
from tutelage.evaluation.reward_figures import labeler_agreement
from tutelage.evaluation.reward_model import accuracy_by_distance, accuracy_by_size, accuracy_by_use_case
from tutelage.schema import Prompt, Ranking, UseCase


def ranking(text: str, completions: tuple[str, ...], ranks: tuple[int, ...]) -> Ranking:
    return Ranking(prompt=Prompt(text=text), completions=completions, ranks=ranks, labeler="ann")


def test_accuracy_counts_untied_pairs() -> None:
    rankings = [ranking("p", ("a", "b", "c"), (1, 2, 2)), ranking("q", ("d", "e"), (2, 1))]
    # Pairs: a>b right, a>c wrong (b and c are tied by the labeler); e>d undecided.
    estimate = ranking_accuracy(rankings, [[1.0, 0.0, 2.0], [3.0, 3.0]])
    assert (estimate.value, estimate.n, estimate.clusters) == ((1 + 0 + 0.5) / 3, 3, 2)


def test_nothing_but_ties_has_no_accuracy() -> None:
    with pytest.raises(ValueError, match="nothing"):
        ranking_accuracy([ranking("p", ("a", "b"), (1, 1))], [[0.0, 1.0]])


def test_each_completion_is_scored_once() -> None:
    asked: list[tuple[str, str]] = []

    def score(prompts: list[str], completions: list[str]) -> list[float]:
        asked.extend(zip(prompts, completions, strict=True))
        return [float(len(text)) for text in completions]

    rankings = [
        ranking("p", ("a", "bb"), (1, 2)),
        ranking("p", ("bb", "ccc"), (1, 2)),
        ranking("q", ("a", "d"), (1, 2)),
    ]
    assert score_rankings(score, rankings) == [[1.0, 2.0], [2.0, 3.0], [1.0, 1.0]]
    assert asked == [("p", "a"), ("p", "bb"), ("p", "ccc"), ("q", "a"), ("q", "d")]


def test_accuracy_by_gap() -> None:
    utility = {"a": 0.0, "b": 0.05, "c": 3.0, "d": 3.0}
    rankings = [
        ranking("p", ("a", "b"), (1, 2)),  # gap .05, labeler wrong, model with the labeler
        ranking("q", ("a", "c"), (2, 1)),  # gap 3, labeler right, model with the labeler
        ranking("r", ("b", "d"), (1, 2)),  # gap 2.95, labeler wrong, model against the labeler
        ranking("s", ("c", "d"), (1, 2)),  # no gap at all, model with the labeler
    ]
    scores = [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]
    near, far = accuracy_by_gap(rankings, scores, lambda prompt, text: utility[text], (0, 1, math.inf))
    assert (near.low, near.high, near.share, near.accuracy.value) == (0, 1, 0.5, 1.0)
    assert near.labelers is not None
    assert (near.labelers.value, near.labelers.n) == (0.0, 1)
    assert (far.share, far.accuracy.value) == (0.5, 0.5)
    assert far.labelers is not None
    assert far.labelers.value == 0.5


def test_accuracy_by_distance_counts_ranks_and_ties_are_one() -> None:
    rankings = [
        ranking("p", ("a", "b", "c", "d"), (1, 2, 3, 4)),
        # the same order with a tie in the middle, once dense and once with places skipped
        ranking("q", ("a", "b", "c", "d"), (1, 2, 2, 3)),
        ranking("r", ("a", "b", "c", "d"), (1, 2, 2, 4)),
    ]
    # the model has b and c the other way round
    accuracies = accuracy_by_distance(rankings, [[4.0, 2.0, 3.0, 1.0]] * 3)
    # p: ab, bc (wrong), cd; q and r: ab, ac, bd, cd. Two apart in p: ac, bd; in q and r: ad. Three apart: ad.
    assert {distance: (each.value, each.n) for distance, each in accuracies.items()} == {
        1: (10 / 11, 11),
        2: (1.0, 4),
        3: (1.0, 1),
    }


def test_accuracy_by_size_and_by_use_case() -> None:
    extract, chat = (Prompt(text=use_case, use_case=use_case) for use_case in (UseCase.extract, UseCase.chat))
    rankings = [
        Ranking(prompt=extract, completions=("a", "b", "c"), ranks=(1, 2, 3)),
        Ranking(prompt=chat, completions=("a", "b"), ranks=(2, 1)),
        Ranking(prompt=Prompt(text="any"), completions=("a", "b"), ranks=(1, 2)),
        Ranking(prompt=chat, completions=("a", "b", "c", "d"), ranks=(1, 1, 1, 1)),
    ]
    scores = [[3.0, 1.0, 2.0], [2.0, 1.0], [2.0, 1.0], [0.0, 0.0, 0.0, 0.0]]
    sizes = accuracy_by_size(rankings, scores)
    assert {size: (each.value, each.n) for size, each in sizes.items()} == {2: (0.5, 2), 3: (2 / 3, 3)}
    cases = accuracy_by_use_case(rankings, scores)
    assert list(cases) == [UseCase.chat, UseCase.extract]  # as in Table 1; of no use case is of none
    assert (cases[UseCase.chat].value, cases[UseCase.extract].value) == (0.0, pytest.approx(2 / 3))


def test_labelers_agree_on_pairs_that_both_order() -> None:
    def by(labeler: str | None, completions: tuple[str, ...], ranks: tuple[int, ...]) -> Ranking:
        return ranking("p", completions, ranks).model_copy(update={"labeler": labeler})

    rankings = [
        by("ann", ("a", "b", "c"), (1, 2, 3)),
        by("ben", ("c", "b", "a"), (1, 2, 2)),  # against ann on ac and bc, and silent on ab
        by("cat", ("a", "b"), (1, 2)),  # with ann
        by("ann", ("a", "b"), (2, 1)),  # against herself, which says nothing, and against cat
        by(None, ("a", "b"), (1, 2)),
    ]
    agreement = labeler_agreement(rankings)
    assert agreement is not None
    assert (agreement.value, agreement.n, agreement.clusters) == (1 / 4, 4, 1)
    assert labeler_agreement(rankings[:1]) is None
    assert labeler_agreement([rankings[0], rankings[4]]) is None


def test_empty_buckets_are_left_out_and_utility_is_asked_once() -> None:
    asked: list[str] = []

    def utility(prompt: Prompt, text: str) -> float:
        asked.append(text)
        return 2.0

    (bucket,) = accuracy_by_gap([ranking("p", ("a", "b", "c"), (1, 2, 3))], [[3, 2, 1]], utility)
    assert (bucket.low, bucket.share, bucket.labelers) == (0.0, 1.0, None)
    assert sorted(asked) == ["a", "b", "c"]


def test_the_best_of_n_is_the_highest_scored() -> None:
    scores = {("p", "a"): 1.0, ("p", "b"): 3.0, ("p", "c"): 3.0, ("q", "d"): -1.0}
    chosen = best_of_n(
        ["p", "q"],
        [["a", "b", "c"], ["d"]],
        lambda prompts, texts: [scores[pair] for pair in zip(prompts, texts, strict=True)],
    )
    assert chosen == ["b", "d"]


def test_the_curve_is_the_mean_over_all_subsets() -> None:
    scores, utilities = [[0.3, 0.1, 0.2, 0.4]], [[5.0, 1.0, 7.0, 2.0]]
    curve = best_of_n_curve(scores, utilities)
    # Utilities from the lowest score up: 1, 7, 5, 2. Best of 2 over the six pairs: 7, 5, 2, 5, 2, 2.
    assert {size: estimate.value for size, estimate in curve.items()} == pytest.approx(
        {1: 15 / 4, 2: 23 / 6, 4: 2.0}
    )


def test_the_curve_ends_at_all_samples() -> None:
    curve = best_of_n_curve([[1, 2, 3]] * 2, [[1, 2, 3]] * 2)
    assert list(curve) == [1, 2, 3]
    assert curve[3].value == 3
