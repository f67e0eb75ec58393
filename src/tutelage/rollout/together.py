"""Sampling by all ranks that work together, each a part of the prompts, with all weights in each process."""

from collections.abc import Callable, Sequence
from typing import Protocol

from transformers import PreTrainedModel

from tutelage.distributed import gathered, own_rows, size
from tutelage.models import whole
from tutelage.rollout.engine import generate
from tutelage.rollout.generation import Generation


class Generate(Protocol):
    """How a policy's completions are sampled: by our own sampler (`generate_together`), or by another program's."""

    rounds_as_update: bool
    """Whether, in 32-bit floats, its log-probabilities are those that training computes, but for the last digits."""

    def __call__(
        self,
        model: PreTrainedModel,
        prompts: Sequence[list[int]],
        *,
        seeds: Sequence[int],
        max_new_tokens: int,
        stop_ids: frozenset[int],
        temperature: float = 1.0,
    ) -> Generation:
        """A completion of each prompt, as `generate` says; where ranks work together, all of them on every rank."""


class OwnEngine:
    """`generate`; where several ranks work together each does its share, and all of them get the whole.

    A row depends on its prompt and its seed, not on the rank. For the time of the sampling every process has all of a
    sharded model's weights.
    """

    rounds_as_update = True

    def __call__(
        self,
        model: PreTrainedModel,
        prompts: Sequence[list[int]],
        *,
        seeds: Sequence[int],
        max_new_tokens: int,
        stop_ids: frozenset[int],
        temperature: float = 1.0,
    ) -> Generation:
        policy = whole(model)

        def sample(prompts: list[list[int]], seeds: list[int]) -> Generation:
            return generate(
                policy,
                prompts,
                seeds=seeds,
                max_new_tokens=max_new_tokens,
                stop_ids=stop_ids,
                temperature=temperature,
            )

        return each_its_share(sample, prompts, seeds)


generate_together: Generate = OwnEngine()


def each_its_share(
    sample: Callable[[list[list[int]], list[int]], Generation],
    prompts: Sequence[list[int]],
    seeds: Sequence[int],
) -> Generation:
    """All rows, of which this rank samples its own by their prompts and seeds; every rank must ask."""
    own = own_rows(len(prompts))
    generation = sample([prompts[row] for row in own], [seeds[row] for row in own])
    return generation if size() == 1 else Generation.interleaved(gathered(generation))
