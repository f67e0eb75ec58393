"""Sampling by all ranks that work together, each a part of the prompts, with all weights in each process."""

from collections.abc import Sequence

from transformers import PreTrainedModel

from tutelage.distributed import gathered, own_rows, size
from tutelage.models import whole
from tutelage.rollout.engine import generate
from tutelage.rollout.generation import Generation


def generate_together(
    model: PreTrainedModel,
    prompts: Sequence[list[int]],
    *,
    seeds: Sequence[int],
    max_new_tokens: int,
    stop_ids: frozenset[int],
    temperature: float = 1.0,
) -> Generation:
    """`generate`; where several ranks work together each does its share, and all of them get the whole.

    A row depends on its prompt and its seed, not on the rank. For the time of the sampling every process has all of a
    sharded model's weights.
    """
    own = own_rows(len(prompts))
    generation = generate(
        whole(model),
        [prompts[row] for row in own],
        seeds=[seeds[row] for row in own],
        max_new_tokens=max_new_tokens,
        stop_ids=stop_ids,
        temperature=temperature,
    )
    return generation if size() == 1 else Generation.interleaved(gathered(generation))
