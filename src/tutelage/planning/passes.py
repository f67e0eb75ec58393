"""Passes of tokens through models, and what they compute."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from tutelage.planning.shapes import Shape

PETAFLOP_DAY = 1e15 * 86400
"""Operations of a petaflop/s-day."""
READ, LEARNED, PASSED_BACK = 2, 6, 4
"""Operations for every weight that a token is multiplied with: to read it, with the gradient, and with the gradient of
all but the weight."""


@dataclass(frozen=True)
class Pass:
    """Many tokens through one model, for one purpose; all that a stage passes so."""

    name: str
    shape: Shape
    tokens: float
    predicted: float
    """Tokens from which another is predicted: these alone are multiplied with the unembedding."""
    length: float
    """Of the sequences that they stand in, in the mean."""
    batches: int
    """Into which all comes divided: optimizer steps, or iterations."""
    of_batch: int
    """Examples of a batch, which ranks share out; more ranks than these find nothing to do."""
    kind: Literal["read", "learned", "drawn"] = "read"
    """Learned from: with a gradient. Drawn: one token after the other."""
    ours: bool = False
    """Whether it is this code's rather than the method's."""
    adapter: int | None = None
    """Parameters of the adapter that learns; None where all weights do."""

    @property
    def weights(self) -> float:
        """Operations in products with weights."""
        multiplied = self.shape.body * self.tokens + self.shape.head * self.predicted
        if self.kind != "learned":
            return READ * multiplied
        if self.adapter is None:
            return LEARNED * multiplied
        return PASSED_BACK * multiplied + LEARNED * self.adapter * self.tokens

    @property
    def attention(self) -> float:
        """Operations in products of queries with keys and of what comes of these with values.

        A token sees half of its sequence in the mean, one that is drawn what stands before it.
        """
        seen = self.length if self.kind == "drawn" else self.length / 2
        products = 2 * 2 * self.shape.layers * self.shape.heads * self.shape.head_size
        return products * self.tokens * seen * (LEARNED / READ if self.kind == "learned" else 1)

    def times(self, count: int) -> Pass:
        """So often."""
        return replace(
            self,
            tokens=self.tokens * count,
            predicted=self.predicted * count,
            batches=self.batches * count,
        )
