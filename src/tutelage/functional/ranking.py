"""The reward model's loss and accuracy: all comparisons of a prompt's ranked completions (§3.5, eq. 1)."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import logsigmoid

from tutelage.functional.masking import masked


def comparisons(ranks: Int[Tensor, "B K"]) -> Bool[Tensor, "B K K"]:
    """Where completion i is ranked better than completion j; ties and padding (rank 0) are not compared."""
    real = ranks > 0
    better = ranks.unsqueeze(2) < ranks.unsqueeze(1)
    return better & real.unsqueeze(2) & real.unsqueeze(1)


def comparison_counts(ranks: Int[Tensor, "B K"]) -> Int[Tensor, " B"]:
    """The number of untied pairs of each prompt."""
    return comparisons(ranks).sum((1, 2))


def ranking_loss(scores: Float[Tensor, "B K"], ranks: Int[Tensor, "B K"]) -> Float[Tensor, ""]:
    """-log σ(score of the better - score of the worse) (§3.5, eq. 1).

    The mean over a prompt's untied pairs, then over the prompts that have one: a prompt is one batch element,
    however many completions it has. 0 where no prompt has an untied pair. ranks: 1 = best, 0 = padding.
    """
    pairs = comparisons(ranks)
    # Differences are masked before the sigmoid, so that a padded score's NaN or infinity has no gradient.
    losses = -logsigmoid(masked(scores.unsqueeze(2) - scores.unsqueeze(1), pairs))
    counts = pairs.sum((1, 2))
    per_prompt = masked(losses, pairs).sum((1, 2)) / counts.clamp(min=1)
    return per_prompt.sum() / (counts > 0).sum().clamp(min=1)


def ranking_accuracy(scores: Float[Tensor, "B K"], ranks: Int[Tensor, "B K"]) -> Float[Tensor, ""]:
    """The share of all untied pairs, of all prompts together, whose better completion has the higher score.

    Equal scores count as half. 0 where there is no untied pair.
    """
    pairs = comparisons(ranks)
    differences = scores.unsqueeze(2) - scores.unsqueeze(1)
    right = (differences > 0).float() + 0.5 * (differences == 0).float()
    return right[pairs].sum() / torch.clamp(pairs.sum(), min=1)
