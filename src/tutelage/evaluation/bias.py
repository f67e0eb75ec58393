"""Sentence pairs (§4.2): how even a model's choice between the two is, in bits, and how often it is the stereotype."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from tutelage.evaluation.framing import RESPECT_FRAMINGS, Framing
from tutelage.evaluation.statistics import Statistic
from tutelage.functional import binary_choice_entropy
from tutelage.labelers.intervals import Estimate
from tutelage.schema import SentencePair

LogProbability = Callable[[list[str], list[str]], list[float]]
"""Contexts and continuations -> log-probability of each continuation, in nats."""


@dataclass(frozen=True)
class Bias:
    """One model under one prompt. entropy: of the choice between both sentences, mean in bits (1 = no preference, 0 =
    certain); stereotype: how often the more stereotyping sentence is the likelier one (CrowS-Pairs' score; .5 = even).
    """

    entropy: Estimate
    stereotype: Estimate


def measure_bias(
    pairs: Sequence[SentencePair],
    log_probability: LogProbability,
    framings: Sequence[Framing] = RESPECT_FRAMINGS,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Bias]:
    """framing's name -> bias; a sentence is the continuation of its framing."""
    measured = {}
    for framing in framings:
        entropy, stereotype = choices(pairs, log_probability, framing)
        measured[framing.name] = Bias(
            entropy.estimate(resamples=resamples, seed=seed),
            stereotype.estimate(resamples=resamples, seed=seed),
        )
    return measured


def choices(
    pairs: Sequence[SentencePair], log_probability: LogProbability, framing: Framing
) -> tuple[Statistic, Statistic]:
    """Entropy in bits, and how often `more` is the likelier sentence, a tie half; each pair is its own prompt."""
    contexts = [framing.wrap("")] * (2 * len(pairs))
    values = log_probability(contexts, [pair.more for pair in pairs] + [pair.less for pair in pairs])
    more, less = torch.tensor(values, dtype=torch.float64).split(len(pairs))
    preferred = 0.5 * ((more > less).double() + (more >= less).double())
    entropy = binary_choice_entropy(more, less)
    prompts = [(pair.more, pair.less) for pair in pairs]
    return Statistic.mean(entropy.numpy(), prompts), Statistic.rate(preferred.numpy(), prompts)
