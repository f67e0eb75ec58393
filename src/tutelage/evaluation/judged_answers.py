"""How good a judge of answers is: accuracy and AUC against labels, beside what is right by always saying the same."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutelage.labelers.intervals import Estimate, percentiles, rate
from tutelage.schema import LabeledAnswer

CERTAIN = 0.5
"""From this probability on a judge says yes (TruthfulQA's own rule)."""


@dataclass(frozen=True)
class JudgeAccuracy:
    """accuracy: share of answers of which the judge says what the label says; auc: how often it gives a yes more than
    a no, None where all labels are the same; majority: the accuracy of always saying the more frequent label.
    """

    accuracy: Estimate
    auc: Estimate | None
    majority: float

    def told(self) -> str:
        """In a line."""
        accuracy, area = _told(self.accuracy), "–" if self.auc is None else _told(self.auc)
        return f"accuracy {accuracy}, majority {self.majority:.3f}, AUC {area}, {self.accuracy.n} answers"


def _told(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"


def judge_accuracy(
    probabilities: Sequence[float], answers: Sequence[LabeledAnswer], *, resamples: int = 1000, seed: int = 0
) -> JudgeAccuracy:
    """Probabilities held against labels; intervals are clustered by question. Raises ValueError for no answers."""
    labels = [each.label for each in answers]
    questions = [each.prompt.id for each in answers]
    right = [
        float((probability >= CERTAIN) == label)
        for probability, label in zip(probabilities, labels, strict=True)
    ]
    share = sum(labels) / len(labels) if labels else 0.0
    both = len(set(labels)) == 2
    found = auc_estimate(probabilities, labels, questions, resamples=resamples, seed=seed) if both else None
    return JudgeAccuracy(rate(right, questions), found, max(share, 1 - share))


def auc(scores: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> float:
    """The area under the ROC curve: how often a yes has the higher score of a yes and a no, ties half.

    weights: how often each counts. NaN where there is no yes, or no no.
    """
    values, positive = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=bool)
    counts = np.ones_like(values) if weights is None else np.asarray(weights, dtype=np.float64)
    _, place = np.unique(values, return_inverse=True)
    yes = np.bincount(place, weights=counts * positive)
    no = np.bincount(place, weights=counts * ~positive)
    below = np.concatenate([[0.0], np.cumsum(no)[:-1]])
    pairs = yes.sum() * no.sum()
    return float((yes * (below + no / 2)).sum() / pairs) if pairs else float("nan")


def auc_estimate(
    scores: Sequence[float],
    labels: Sequence[bool],
    clusters: Sequence[Hashable],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> Estimate:
    """AUC with a percentile interval of the bootstrap of whole clusters; of one cluster the interval is 0 to 1.

    There must be a yes and a no among the labels.
    """
    numbers: dict[Hashable, int] = {}
    owners = np.array([numbers.setdefault(cluster, len(numbers)) for cluster in clusters])
    value, count = auc(scores, labels), len(numbers)
    if count < 2:
        return Estimate(value, 0.0, 1.0, len(labels), count)
    random = np.random.default_rng(seed)
    found: list[float] = []
    for _ in range(resamples):
        drawn: NDArray[np.int64] = np.bincount(random.integers(count, size=count), minlength=count)
        found.append(auc(scores, labels, drawn[owners]))
    low, high = np.nanquantile(found, percentiles(count))  # a draw of one label alone has no AUC
    return Estimate(value, float(low), float(high), len(labels), count)
