"""CrowS-Pairs-like sentence pairs (§4.2): how even a model's choice between the two is, in bits."""

from collections.abc import Callable, Sequence

import torch

from tutelage.evaluation.framing import RESPECT_FRAMINGS, Framing
from tutelage.functional import binary_choice_entropy
from tutelage.labelers.intervals import Estimate, mean
from tutelage.schema import SentencePair


def measure_bias(
    pairs: Sequence[SentencePair],
    log_probability: Callable[[list[str], list[str]], list[float]],
    framings: Sequence[Framing] = RESPECT_FRAMINGS,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Estimate]:
    """framing's name -> mean entropy of the choice between both sentences: 1 bit = no preference, 0 =
    certain.

    log_probability(contexts, continuations) gives nats; a sentence is the continuation of its framing.
    """
    measured = {}
    for framing in framings:
        contexts = [framing.wrap("")] * (2 * len(pairs))
        values = log_probability(contexts, [pair.more for pair in pairs] + [pair.less for pair in pairs])
        more, less = torch.tensor(values, dtype=torch.float64).split(len(pairs))
        entropies = binary_choice_entropy(more, less)
        measured[framing.name] = mean(entropies.numpy(), range(len(pairs)), resamples=resamples, seed=seed)
    return measured
