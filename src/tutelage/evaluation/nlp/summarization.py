"""Summaries (Reddit TL;DR, CNN/DM): ROUGE by `rouge-score`, F-measures with stemming."""

from collections.abc import Sequence

from rouge_score.rouge_scorer import RougeScorer

KINDS = ("rouge1", "rouge2", "rougeL")


def rouge(answers: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, list[float]]:
    """ROUGE-1, -2 and -L of each answer with the nearest of its references, 0 to 1."""
    scorer = RougeScorer(KINDS, use_stemmer=True)
    scores = [scorer.score_multi(own, answer) for answer, own in zip(answers, references, strict=True)]
    return {kind: [score[kind].fmeasure for score in scores] for kind in KINDS}
