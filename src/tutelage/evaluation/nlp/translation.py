"""Translation (WMT 2015, French to English): BLEU by `sacrebleu`, which is of a whole set and not of a sentence."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.bleu import BLEU

from tutelage.labelers.intervals import Estimate


def bleu(
    answers: Sequence[str],
    references: Sequence[Sequence[str]],
    clusters: Sequence[Hashable],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> Estimate:
    """BLEU, 0 to 100, of answers with one or more references each; the interval redraws clusters.

    Of one cluster nothing is known of the spread: the interval has no width.
    """
    counts = _counts(answers, references)  # (n, 10)
    numbers: dict[Hashable, int] = {}
    owners = [numbers.setdefault(cluster, len(numbers)) for cluster in clusters]
    sums = np.zeros((len(numbers), counts.shape[1]), dtype=np.int64)
    np.add.at(sums, owners, counts)
    random = np.random.default_rng(seed)
    drawn = random.integers(len(sums), size=(resamples, len(sums)))
    low, high = np.quantile([_bleu(sums[rows].sum(0)) for rows in drawn], [0.025, 0.975])
    return Estimate(_bleu(sums.sum(0)), float(low), float(high), len(answers), len(sums))


def _counts(answers: Sequence[str], references: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """By answer: n-grams that are right, n-grams in all, and both lengths, of which BLEU is made."""
    metric = BLEU(effective_order=True)  # of the score of a single sentence nothing is used
    rows = []
    for answer, texts in zip(answers, references, strict=True):
        score = metric.sentence_score(answer, list(texts))
        rows.append([*score.counts, *score.totals, score.sys_len, score.ref_len])
    return np.asarray(rows, dtype=np.int64)


def _bleu(sums: NDArray[np.int64]) -> float:
    right, every, (length, wanted) = sums[:4].tolist(), sums[4:8].tolist(), sums[8:].tolist()
    return float(BLEU.compute_bleu(right, every, length, wanted, smooth_method="exp").score)
