"""Translation (WMT 2015, French to English): BLEU by `sacrebleu`, which is of a whole set and not of a sentence."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.bleu import BLEU

from tutelage.evaluation.statistics import Statistic


def bleu(
    answers: Sequence[str], references: Sequence[Sequence[str]], prompts: Sequence[Hashable]
) -> Statistic:
    """BLEU, 0 to 100, of answers with one or more references each."""
    return Statistic(prompts, _counts(answers, references), _bleu)


def _counts(answers: Sequence[str], references: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """By answer: n-grams that are right, n-grams in all, and both lengths, of which BLEU is made."""
    metric = BLEU(effective_order=True)  # of the score of a single sentence nothing is used
    rows = []
    for answer, texts in zip(answers, references, strict=True):
        score = metric.sentence_score(answer, list(texts))
        rows.append([*score.counts, *score.totals, score.sys_len, score.ref_len])
    return np.asarray(rows, dtype=np.float64)


def _bleu(sums: NDArray[np.float64]) -> float:
    counts = [round(each) for each in sums.tolist()]
    right, every, (length, wanted) = counts[:4], counts[4:8], counts[8:]
    return float(BLEU.compute_bleu(right, every, length, wanted, smooth_method="exp").score)
