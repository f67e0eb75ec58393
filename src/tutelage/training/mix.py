"""Pretraining text learned beside demonstrations: what makes the model that PPO starts from (App. C.3)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from tutelage.training.order import require_rows, rows_at


@dataclass(frozen=True)
class PretrainingMix:
    """Packed text, and how much of a fine-tuning it is. Raises InputError when there is no text.

    rows: (N, T) token ids; they are walked through in shuffled epochs, as often as the demonstrations ask for
    share: of each step's examples, and of its loss; above 0 and below 1
    """

    rows: Tensor
    share: float

    def __post_init__(self) -> None:
        require_rows(self.rows)

    def rows_at(self, step: int, demonstrations: int, seed: int) -> Tensor:
        """(n, T): the rows of one step, where every step has `demonstrations` demonstrations."""
        count = rows_beside(demonstrations, self.share)
        return rows_at(self.rows, step, count, seed)


def rows_beside(demonstrations: int, share: float) -> int:
    """How many rows are `share` of a step's examples, these demonstrations being the others; at least one."""
    return max(1, round(demonstrations * share / (1 - share)))
