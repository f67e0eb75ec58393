"""Rankings as the reward model meets them: flat completions on the way in, (B, K) scores on the way out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tutelage.data import RankedExample, Sequences
from tutelage.distributed import Part, shared_out
from tutelage.functional import comparison_counts
from tutelage.training.passes import PADDING


def with_comparisons(rankings: Sequence[RankedExample]) -> list[RankedExample]:
    """The rankings that have at least one untied pair; of the others nothing can be learned."""
    return [ranking for ranking in rankings if len(set(ranking.ranks)) > 1]


def comparisons_in(rankings: Sequence[RankedExample]) -> int:
    """The number of untied pairs."""
    return int(comparison_counts(ranks_of(rankings)).sum())


def ranks_of(rankings: Sequence[RankedExample]) -> Tensor:
    """(B, K) ranks, 0 = padding, K that of the longest ranking."""
    return by_prompt(torch.tensor([rank for ranking in rankings for rank in ranking.ranks]), rankings)


def completions_of(rankings: Sequence[RankedExample]) -> Sequences:
    """All completions of all rankings, one a row, in order."""
    return Sequences.of(
        [ranking.prompt for ranking in rankings for _ in ranking.completions],
        [completion for ranking in rankings for completion in ranking.completions],
        PADDING,
    )


def by_prompt(flat: Tensor, rankings: Sequence[RankedExample]) -> Tensor:
    """One number a completion, in order, as (B, K); 0 where a ranking has fewer than K."""
    sizes = torch.tensor([len(ranking.completions) for ranking in rankings], device=flat.device)
    real = torch.arange(int(sizes.max()), device=flat.device) < sizes[:, None]
    return torch.zeros(real.shape, dtype=flat.dtype, device=flat.device).masked_scatter(real, flat)


def whole_prompts(rankings: Sequence[RankedExample], token_budget: int) -> list[Part]:
    """The rankings that pass together: prompts of similar length, each with all its completions.

    A part's completions, padded to its longest row, hold at most `token_budget` tokens; a single prompt above
    it is a part of its own, since its loss needs all its scores at once.
    """
    widths = [len(ranking.prompt) + max(map(len, ranking.completions)) for ranking in rankings]
    counts = [len(ranking.completions) for ranking in rankings]

    def divide(indices: list[int]) -> list[list[int]]:
        groups: list[list[int]] = []
        rows = 0
        for index in sorted(indices, key=lambda index: -widths[index]):
            rows += counts[index]
            if groups and rows * widths[groups[-1][0]] <= token_budget:
                groups[-1].append(index)
            else:
                groups.append([index])
                rows = counts[index]
        return groups

    return shared_out([width * count for width, count in zip(widths, counts, strict=True)], divide)
