"""What a model is given: prompts with their completions as padded token ids.

A structural type, so that this room needs nothing of the room that makes the batches.
"""

from typing import Protocol

from torch import Tensor


class TokenSequences(Protocol):
    """B prompts with a completion each, right-padded to L tokens, completions of at most T tokens."""

    @property
    def tokens(self) -> Tensor:
        """(B, L) token ids: prompt, completion, padding."""
        ...

    @property
    def attention_mask(self) -> Tensor:
        """(B, L) 1 on real tokens, 0 on padding."""
        ...

    @property
    def completion_index(self) -> Tensor:
        """(B, T) where in L each completion token stands; 0 where the mask is 0."""
        ...

    @property
    def mask(self) -> Tensor:
        """(B, T) 1 on completion tokens up to and including end-of-text."""
        ...

    @property
    def completion_tokens(self) -> Tensor:
        """(B, T) ids of the completion tokens."""
        ...
