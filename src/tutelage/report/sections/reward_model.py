"""The reward model: whether it sees what labelers see (§4.1), where it does, and what its scores are worth."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TypeVar

from tutelage.report import beside_paper, findings, paper
from tutelage.report.figures.accuracy_by_rank import draw_accuracy_by_rank
from tutelage.report.figures.accuracy_by_use_case import draw_accuracy_by_use_case
from tutelage.report.figures.labeler_folds import draw_labeler_folds
from tutelage.report.figures.reward_model import draw_reward_model, gap_label
from tutelage.report.figures.scores import draw_scores, span
from tutelage.report.names import use_case_name
from tutelage.report.results import Interval, Results, RewardModel
from tutelage.report.sections.section import Picture, Section, Table, interval_or_dash, percent_or_dash
from tutelage.report.wording import DASH, decimal, decimal_interval, percent, percent_interval

ENOUGH = 100
"""Pairs: with fewer an accuracy has an interval of twenty points and more."""
Key = TypeVar("Key", int, str)


def reward_model_section(results: Results) -> Section | None:
    """Accuracy beside agreement, by utility gap, and on labelers that it never saw."""
    measured = results.reward_model
    if measured is None:
        return None
    caption = "Accuracy with its interval"
    if measured.labeler_agreement.training is not None:
        caption += ", held against how often two labelers of that group agree"
    if measured.by_gap:
        caption = (
            f"First: {caption[0].lower()}{caption[1:]}. Second: the same by how much the two completions "
        )
        caption += "differ in the oracle's utility"
    pictures = [Picture(partial(draw_reward_model, measured), f"{caption}.")]
    if measured.labeler_folds is not None:
        pictures.append(
            Picture(
                partial(draw_labeler_folds, measured.labeler_folds),
                "Reward models trained without one group of labelers each: accuracy on the labelers they were "
                "trained on and on those they were not, in the mean and fold by fold.",
            )
        )
    return Section(
        "reward-model",
        "Reward model",
        "Does the reward model see what labelers see?",
        findings.reward_model_finding(results),
        pictures,
        "Half is guessing. Labelers contradict each other, so a reward model cannot be expected to lie far "
        "above their agreement; near-ties pull both down, which is why the gap matters. Tied pairs are "
        "left out.",
        f"{paper.REWARD_MODEL}; labelers agree in {paper.LABELER_AGREEMENT}",
        beside_paper.reward_model_here(results),
        list(accuracy_tables(measured)),
    )


def accuracy_tables(measured: RewardModel) -> Iterator[Table]:
    """By group, by gap, by fold."""
    agreement = measured.labeler_agreement
    rows = [["Training labelers", percent_interval(measured), percent_or_dash(agreement.training)]]
    if measured.heldout_labelers is not None:
        rows.append(
            [
                "Held-out labelers",
                percent_interval(measured.heldout_labelers),
                percent_or_dash(agreement.heldout),
            ]
        )
    if measured.sft_pairs is not None:
        rows.append(["Pairs of SFT samples only", percent_interval(measured.sft_pairs), DASH])
    yield Table("Accuracy on held-out prompts", ["", "reward model", "labelers agree"], rows)
    if measured.by_gap:
        yield Table(
            "By difference in utility",
            ["difference", "share of pairs", "reward model", "labelers"],
            [
                [
                    gap_label(bucket),
                    percent(bucket.share, 0),
                    percent_interval(bucket.accuracy),
                    interval_or_dash(bucket.labelers),
                ]
                for bucket in measured.by_gap
            ],
        )
    if (folds := measured.labeler_folds) is not None:
        yield Table(
            "By fold of labelers",
            ["fold", "labelers left out", "accuracy on them"],
            [
                ["Labelers seen", DASH, percent_interval(folds.seen)],
                ["Labelers unseen", DASH, percent_interval(folds.unseen)],
                *[
                    [f"Fold {number}", ", ".join(fold.labelers) or DASH, percent_interval(fold.accuracy)]
                    for number, fold in enumerate(folds.folds, start=1)
                ],
            ],
        )


def scores_section(results: Results) -> Section | None:
    """Where the reward model is right, and what its scores say beyond an order."""
    measured = results.reward_model
    if measured is None:
        return None
    pictures = []
    if measured.by_use_case:
        told = "On the prompts of each use case; dashed: on all of them."
        pictures.append(Picture(partial(draw_accuracy_by_use_case, measured), told))
    if measured.by_size or measured.by_distance:
        told = "By how many completions were ranked together, and by how many ranks lie between the two of a pair."
        pictures.append(Picture(partial(draw_accuracy_by_rank, measured), told))
    if measured.calibration or measured.score_by_length:
        told = (
            "Calibration: how often labelers prefer what the scores prefer, against the probability that the "
            "difference of the scores stands for. Length: whether long completions score high."
        )
        pictures.append(Picture(partial(draw_scores, measured), told))
    if not pictures:
        return None
    return Section(
        "scores",
        "Its scores",
        "Where is the reward model right, and what are its scores worth?",
        " ".join(scores_findings(measured)),
        pictures,
        "On the diagonal, scores are the odds they claim to be; below it the reward model is too sure of itself. "
        "Neighbours in a ranking are hard to tell apart, for labelers too. A score that grows with length is no "
        "flaw where longer answers are better; PPO will find out.",
        paper.SCORES,
        tables=list(score_tables(measured)),
    )


def scores_findings(measured: RewardModel) -> Iterator[str]:
    """A sentence for each part that was measured."""
    cases = worth_telling(measured.by_use_case)
    if len(cases) > 1:
        ordered = sorted(cases, key=lambda name: measured.by_use_case[name].accuracy)
        low, high = (percent(measured.by_use_case[name].accuracy, 0) for name in (ordered[0], ordered[-1]))
        yield (
            f"It is right most often on {use_case_name(ordered[-1])} ({high}), least on "
            f"{use_case_name(ordered[0])} ({low})."
        )
    distances = worth_telling(measured.by_distance)
    if len(distances) > 1:
        near, far = min(distances), max(distances)
        yield (
            f"It orders {percent(measured.by_distance[near].accuracy, 0)} of pairs {ranks_apart(near)} as labelers "
            f"do, and {percent(measured.by_distance[far].accuracy, 0)} of those {ranks_apart(far)}."
        )
    weights = [each.observed.n or 1 for each in measured.calibration]
    if weights:
        off = sum(
            weight * (each.predicted - each.observed.rate)
            for weight, each in zip(weights, measured.calibration, strict=True)
        ) / sum(weights)
        yield (
            f"Its scores are too sure by {off * 100:.1f} points in the mean."
            if off > 0
            else f"Its scores are too careful by {-off * 100:.1f} points in the mean."
        )
    if len(measured.score_by_length) > 1:
        first, last = measured.score_by_length[0], measured.score_by_length[-1]
        yield (
            f"From the shortest completions to the longest the mean score goes from {decimal(first.mean)} to "
            f"{decimal(last.mean)}."
        )


def worth_telling(figures: Mapping[Key, Interval]) -> list[Key]:
    """Those of enough pairs that a sentence may name them."""
    return [key for key, figure in figures.items() if figure.n is None or figure.n >= ENOUGH]


def ranks_apart(number: int) -> str:
    """A distance in a ranking."""
    return "one rank apart" if number == 1 else f"{number} ranks apart"


def score_tables(measured: RewardModel) -> Iterator[Table]:
    """One for each part that was measured."""
    parts = (
        (
            "Accuracy by use case",
            "use case",
            {use_case_name(name): each for name, each in measured.by_use_case.items()},
        ),
        ("Accuracy by K", "completions ranked", {str(k): each for k, each in measured.by_size.items()}),
        ("Accuracy by distance", "ranks apart", {str(n): each for n, each in measured.by_distance.items()}),
    )
    for title, first, accuracies in parts:
        if accuracies:
            rows = [[name, percent_interval(each)] for name, each in accuracies.items()]
            yield Table(title, [first, "accuracy"], rows)
    if measured.calibration:
        yield Table(
            "Calibration",
            ["preference that the scores imply", "in the mean", "labelers have it"],
            [
                [
                    f"{percent(each.low, 0)} to {percent(each.high, 0)}",
                    percent(each.predicted),
                    percent_interval(each.observed),
                ]
                for each in measured.calibration
            ],
        )
    if measured.score_by_length:
        rows = [[span(each), decimal_interval(each)] for each in measured.score_by_length]
        yield Table("Mean score by length", ["words", "score"], rows)
