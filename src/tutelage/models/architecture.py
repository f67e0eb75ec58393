"""The shape of a policy that is trained from nothing."""

from dataclasses import dataclass

from tutelage.schema import InputError


@dataclass(frozen=True)
class Architecture:
    """Sizes of a decoder of the Llama kind.

    hidden_size, intermediate_size: width of the residual stream and of the feed-forward layer.
    layers, heads: blocks, and attention heads in each (hidden_size is a multiple of 2 · heads).
    vocabulary_size: number of token ids. context: most tokens in one sequence.
    """

    hidden_size: int
    layers: int
    heads: int
    intermediate_size: int
    vocabulary_size: int
    context: int

    def __post_init__(self) -> None:
        for name, size in vars(self).items():
            if size < 1:
                raise InputError(f"architecture.{name} is {size}", remedy="give a positive number")
        if self.hidden_size % (2 * self.heads):
            raise InputError(
                f"architecture.hidden_size {self.hidden_size} is not a multiple of twice its {self.heads} heads",
                remedy="rotary positions need an even number of dimensions in each head",
            )
