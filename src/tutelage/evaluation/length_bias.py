"""Whether a reward model pays for length: its scores by how long completions are, and what it makes of the longer one.

Labelers may prefer longer completions for good reasons; a model that prefers them more often than they do has learned
length instead of the reasons.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tutelage.evaluation.quantiles import quantile_parts
from tutelage.evaluation.reward_model import scored_pairs
from tutelage.labelers.intervals import Estimate, mean, rate
from tutelage.schema import Ranking

BINS = 8


@dataclass(frozen=True)
class LengthBin:
    """Completions of `shortest` to `longest` words, and their mean score."""

    shortest: int
    longest: int
    score: Estimate


@dataclass(frozen=True)
class LongerPreferred:
    """Of untied pairs of different length, how often the longer one has the higher score, and the better rank."""

    by_score: Estimate
    by_labelers: Estimate


def score_by_length(
    rankings: Sequence[Ranking],
    scores: Sequence[Sequence[float]],
    most: int = BINS,
    *,
    resamples: int = 1000,
) -> list[LengthBin]:
    """Mean score in at most so many bins of about as many completions each, from the shortest to the longest.

    A completion that several rankings of a prompt have counts once. Intervals are clustered by prompt; a bin of one
    prompt alone has none, and is left out.
    """
    known = {
        (ranking.prompt.id, text): score
        for ranking, own in zip(rankings, scores, strict=True)
        for text, score in zip(ranking.completions, own, strict=True)
    }
    prompts = [prompt for prompt, _ in known]
    words, values = [words_in(text) for _, text in known], list(known.values())
    bins = []
    for rows in quantile_parts(words, most):
        score = mean([values[row] for row in rows], [prompts[row] for row in rows], resamples=resamples)
        if score.clusters > 1:
            lengths = [words[row] for row in rows]
            bins.append(LengthBin(min(lengths), max(lengths), score))
    return bins


def longer_preferred(
    rankings: Sequence[Ranking], scores: Sequence[Sequence[float]]
) -> LongerPreferred | None:
    """How often length goes with score, and how often with preference; None where no pair differs in length.

    Equal scores are half. Both intervals are clustered by prompt.
    """
    by_score, by_labelers, prompts = [], [], []
    for pair in scored_pairs(rankings, scores):
        longer = words_in(pair.preferred) - words_in(pair.other)
        if longer:
            by_score.append(pair.agreement if longer > 0 else 1 - pair.agreement)
            by_labelers.append(float(longer > 0))
            prompts.append(pair.prompt.id)
    return LongerPreferred(rate(by_score, prompts), rate(by_labelers, prompts)) if prompts else None


def words_in(text: str) -> int:
    """How many words, whatever stands between spaces."""
    return len(text.split())
