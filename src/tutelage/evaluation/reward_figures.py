"""All figures of a reward model that come of rankings and its scores alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from tutelage.evaluation.calibration import CalibratedBin, calibration
from tutelage.evaluation.judges import agreement_within_and_between
from tutelage.evaluation.length_bias import LengthBin, LongerPreferred, longer_preferred, score_by_length
from tutelage.evaluation.panel import rankings_by_labeler
from tutelage.evaluation.reward_model import (
    accuracy_by_distance,
    accuracy_by_size,
    accuracy_by_use_case,
    ranking_accuracy,
)
from tutelage.labelers.intervals import Estimate
from tutelage.schema import Ranking, UseCase


@dataclass(frozen=True)
class RewardFigures:
    """What each is, the function of its name says; labelers: how often they agree with each other."""

    accuracy: Estimate
    labelers: Estimate | None
    by_use_case: dict[UseCase, Estimate]
    by_size: dict[int, Estimate]
    by_distance: dict[int, Estimate]
    calibration: list[CalibratedBin]
    score_by_length: list[LengthBin]
    longer_preferred: LongerPreferred | None


def reward_figures(
    rankings: Sequence[Ranking], scores: Sequence[Sequence[float]], *, resamples: int = 1000
) -> RewardFigures:
    """scores: for each ranking one number a completion. Raises ValueError when every pair is tied."""
    return RewardFigures(
        accuracy=ranking_accuracy(rankings, scores),
        labelers=labeler_agreement(rankings),
        by_use_case=accuracy_by_use_case(rankings, scores),
        by_size=accuracy_by_size(rankings, scores),
        by_distance=accuracy_by_distance(rankings, scores),
        calibration=calibration(rankings, scores),
        score_by_length=score_by_length(rankings, scores, resamples=resamples),
        longer_preferred=longer_preferred(rankings, scores),
    )


def labeler_agreement(rankings: Sequence[Ranking]) -> Estimate | None:
    """How often two labelers order the same two completions of a prompt alike, where neither ties them.

    What a reward model's accuracy is to be held to. None where no two labelers whose names are known ranked one pair.
    """
    by_labeler = rankings_by_labeler(rankings)
    found = agreement_within_and_between(by_labeler, dict.fromkeys(by_labeler, "all"))
    return found.get(("all", "all"))
