"""What a request has drawn: the completions of each of its prompts."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from tutelage.data.seeds import derive
from tutelage.rollout import Request
from tutelage.serving.errors import ApiError
from tutelage.serving.requests import Wish
from tutelage.serving.served import Served
from tutelage.serving.settings import Allowance


@dataclass(frozen=True)
class Draws:
    """`each`: those of one prompt together; `seed`: of them all; `prompt_tokens`: of every prompt once."""

    each: tuple[Request, ...]
    seed: int
    prompt_tokens: int

    @property
    def tokens(self) -> int:
        """Of the prompts and, at most, of the completions."""
        return self.prompt_tokens + sum(draw.max_new_tokens for draw in self.each)


def draws_of(
    prompts: Sequence[tuple[int, ...]], served: Served, wish: Wish, allowance: Allowance, most: int
) -> Draws:
    """Every completion that is wanted. Raises ApiError for one that is too long, and for more than `most`.

    Seeds are those of `Sampler.sample`, so that the texts are.
    """
    count = wish.n or 1
    if len(prompts) * count > most:
        told = f"{len(prompts) * count} completions at once; at most {most} are given"
        raise ApiError(400, told, "too_many_completions", param="n")
    seed = secrets.randbits(53) if wish.seed is None else wish.seed
    each = tuple(
        Request(
            prompt=tokens,
            max_new_tokens=longest_of(tokens, served, wish, allowance),
            seed=derive(seed, "sample", place, number),
            temperature=1.0 if wish.temperature is None else wish.temperature,
            top_p=1.0 if wish.top_p is None else wish.top_p,
            top_k=wish.top_k or 0,
            stop=wish.stops,
            alternatives=wish.alternatives,
        )
        for place, tokens in enumerate(prompts)
        for number in range(count)
    )
    return Draws(each, seed, sum(map(len, prompts)))


def longest_of(prompt: Sequence[int], served: Served, wish: Wish, allowance: Allowance) -> int:
    """How many tokens a completion may have: what is asked for, or else what fits. Raises ApiError for too much."""
    room = served.context - len(prompt)
    most = allowance.longest_completion
    if not prompt:
        raise ApiError(400, "a prompt has no tokens", "empty_prompt")
    if room < (wish.longest or 1):
        told = f"{len(prompt)} tokens of the prompt and {wish.longest or 1} of the answer"
        raise ApiError(
            400, f"{told} exceed the model's context of {served.context}", "context_length_exceeded"
        )
    if wish.longest is None:
        return min(room, served.longest_answer, most or room)
    if most is not None and wish.longest > most:
        told = f"an answer may have {most} tokens"
        raise ApiError(400, told, "too_many_tokens", param="max_tokens")
    return wish.longest
