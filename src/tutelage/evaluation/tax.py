"""The alignment tax (§4.2, §5.1): what the policy has lost of what the base model could do.

Multiple-choice accuracy and the likelihood of documents stand for the public tasks of the paper; changes
against another model are paired, item by item, which makes their intervals far narrower than those of the two
scores.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tutelage.labelers.intervals import Estimate, mean, rate
from tutelage.schema import Choice


@dataclass(frozen=True)
class DocumentLikelihood:
    """The log-probability of one document (nats, all its tokens together) and how many tokens that is."""

    log_probability: float
    tokens: int


def answer_choices(
    choices: Sequence[Choice], log_probability: Callable[[list[str], list[str]], list[float]]
) -> list[bool]:
    """For each item, whether the right continuation is the likeliest; a tie with a wrong one is not."""
    contexts = [item.context for item in choices for _ in item.choices]
    values = iter(log_probability(contexts, [text for item in choices for text in item.choices]))
    correct = []
    for item in choices:
        own = [next(values) for _ in item.choices]
        right = own.pop(item.answer)
        correct.append(right > max(own, default=-math.inf))
    return correct


def choice_accuracy(correct: Sequence[bool]) -> Estimate:
    """Share of items answered rightly, each item its own cluster."""
    return rate(np.asarray(correct, dtype=np.float64), range(len(correct)))


def document_log_likelihood(
    documents: Sequence[DocumentLikelihood], *, resamples: int = 1000, seed: int = 0
) -> Estimate:
    """Mean log-probability of a token, in nats, over all tokens of all documents; clustered by document."""
    tokens = [document.tokens for document in documents]
    estimate = mean(
        per_token(documents), range(len(documents)), weights=tokens, resamples=resamples, seed=seed
    )
    return replace(estimate, n=sum(tokens))


def accuracy_change(
    before: Sequence[bool], after: Sequence[bool], *, resamples: int = 1000, seed: int = 0
) -> Estimate:
    """Accuracy after minus accuracy before, on the same items in the same order."""
    if len(before) != len(after):
        raise ValueError(f"{len(before)} items before and {len(after)} after are not the same items")
    changes = [float(now) - float(then) for then, now in zip(before, after, strict=True)]
    return mean(changes, range(len(changes)), resamples=resamples, seed=seed)


def log_likelihood_change(
    before: Sequence[DocumentLikelihood],
    after: Sequence[DocumentLikelihood],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Mean log-probability of a token after minus before, in nats, on the same documents in the same order."""
    if [document.tokens for document in before] != [document.tokens for document in after]:
        raise ValueError("the two models did not read the same tokens")
    tokens = [document.tokens for document in before]
    difference = per_token(after) - per_token(before)
    estimate = mean(difference, range(len(tokens)), weights=tokens, resamples=resamples, seed=seed)
    return replace(estimate, n=sum(tokens))


def per_token(documents: Sequence[DocumentLikelihood]) -> np.ndarray:
    """(documents,): each document's mean log-probability of a token."""
    return np.array([document.log_probability / max(document.tokens, 1) for document in documents])
