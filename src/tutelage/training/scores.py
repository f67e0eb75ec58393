"""What PPO's completions are worth to whoever judges them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from tutelage.rollout import Generation


@dataclass(frozen=True)
class Scores:
    """The scores of B completions, and what they were added up from."""

    total: Tensor
    """(B,): what the policy learns from."""
    terms: Mapping[str, Tensor] = field(default_factory=dict)
    """(B,) each, by name and before any weight, where the total is a sum of several: they are logged."""


Scoring = Callable[[Generation], Scores]
"""Gives the scores of sampled completions: a reward model, or any judge of them."""
