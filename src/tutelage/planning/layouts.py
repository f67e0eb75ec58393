"""How a stage is laid out over devices: what is held everywhere, what is divided, and what is computed again."""

from __future__ import annotations

from dataclasses import dataclass

from tutelage.recipe import Recipe
from tutelage.recipe.distributed import DistributedRecipe


@dataclass(frozen=True)
class Layout:
    """Ranks that each learn from their part of every batch.

    shard: weights, gradients and optimizers are divided among the ranks (FSDP2), or every rank has all of them.
    activation_checkpointing: of a layer only its input is kept, and the rest computed again for the gradient.
    """

    ranks: int = 1
    shard: bool = False
    activation_checkpointing: bool = False

    @classmethod
    def of(cls, recipe: Recipe, ranks: int) -> Layout | None:
        """The recipe's own, where it has one."""
        stated = recipe.distributed
        if stated == DistributedRecipe():
            return None
        shard = stated.shard and ranks > 1
        return cls(ranks, shard, stated.activation_checkpointing)

    @property
    def parts(self) -> int:
        """Into how many parts weights, gradients and optimizers are divided."""
        return self.ranks if self.shard else 1

    @property
    def title(self) -> str:
        """In words."""
        if self.ranks == 1:
            words = ["one device"]
        else:
            words = [f"{self.ranks} ranks", "sharded" if self.shard else "replicated"]
        words += ["activations again"] if self.activation_checkpointing else []
        return ", ".join(words)


def candidates(ranks: int) -> list[Layout]:
    """From the plainest to the one that needs least of a device."""
    if ranks == 1:
        return [Layout(), Layout(activation_checkpointing=True)]
    return [
        Layout(ranks),
        Layout(ranks, True),
        Layout(ranks, True, True),
    ]
