"""What judging costs: tokens and prices, before it and after."""

import math
from dataclasses import dataclass

from tutelage.schema import InputError


@dataclass(frozen=True)
class Prices:
    """The price of a million tokens of each sort, in any currency.

    Raises InputError where one is negative or no number.
    """

    prompt: float
    completion: float

    def __post_init__(self) -> None:
        for sort, price in (("prompt", self.prompt), ("completion", self.completion)):
            if not (math.isfinite(price) and price >= 0):
                raise InputError(f"{price} is no price", f"price of {sort} tokens", "give 0 or more")


@dataclass(frozen=True)
class Usage:
    """Tokens that went to the endpoint, and that came back."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt_tokens + other.prompt_tokens, self.completion_tokens + other.completion_tokens
        )

    def cost(self, prices: Prices) -> float:
        """In the currency of the prices."""
        return (self.prompt_tokens * prices.prompt + self.completion_tokens * prices.completion) / 1e6


@dataclass(frozen=True)
class CostEstimate:
    """What is still to be paid: of `requests`, `cached` are answered already; `usage` and `cost` are of the others.

    Prompt tokens are about a quarter of the characters. Completion tokens are the most that a reply may have, so that
    the cost tends to be less; but a reply without a verdict is asked for again, which is not foreseen. Without
    prices there is no cost.
    """

    requests: int
    cached: int
    usage: Usage
    cost: float | None


def about_tokens(text: str) -> int:
    """A quarter of the characters: what a token of English has with the usual tokenizers."""
    return math.ceil(len(text) / 4)
