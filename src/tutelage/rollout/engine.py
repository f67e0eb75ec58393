"""The sampling engine: prompts in, completions with log-probabilities out, for any attention decoder.

Rows are sorted so that a batch pads little; equal prompts are read once; finished rows leave the batch, and waiting
prompts take their places.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence

from transformers import PreTrainedModel

from tutelage.models import evaluating, rows_at_once
from tutelage.rollout.batch import Batch, Row, Settings, Step
from tutelage.rollout.generation import FinishReason, Generation
from tutelage.schema import InputError

ENTRY_SHARE = 0.25
"""The share of a batch that must be free before waiting prompts enter: each entry copies the cache."""


def generate(
    model: PreTrainedModel,
    prompts: Sequence[list[int]],
    *,
    seeds: Sequence[int],
    max_new_tokens: int,
    stop_ids: frozenset[int],
    temperature: float = 1.0,
    top_p: float = 1.0,
    top_k: int = 0,
    ends: Callable[[list[int]], bool] | None = None,
    batch_size: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Generation:
    """One completion of each prompt, in the order given; a row's tokens depend on its prompt and its seed.

    stop_ids: tokens that end a completion and belong to it; ends: an additional test of the tokens so far.
    temperature: 0 takes the likeliest token. top_p, top_k: truncation (1 and 0: none); log-probabilities are
    those of the untruncated distribution at `temperature`. batch_size: rows sampled together; None lets
    the device decide. progress: called with the number of rows finished so far.

    Equal prompts with other seeds are samples of one prompt and cost one reading of it. Raises InputError when a
    prompt is empty or with max_new_tokens exceeds the model's context, or a setting makes no sense.
    """
    check_settings(temperature, top_p, top_k, max_new_tokens)
    if len(seeds) != len(prompts):
        raise InputError(f"{len(prompts)} prompts but {len(seeds)} seeds", remedy="give each prompt a seed")
    check_lengths(model, prompts, max_new_tokens)
    order = sorted(range(len(prompts)), key=lambda row: (len(prompts[row]), prompts[row]))
    completions: list[list[int]] = [[] for _ in prompts]
    logprobs: list[list[float]] = [[] for _ in prompts]
    reasons: list[FinishReason] = ["length" for _ in prompts]
    waiting = deque(order)
    rows_together = batch_size or rows_at_once(model, max(map(len, prompts), default=0) + max_new_tokens)

    def take(steps: Sequence[Step]) -> None:
        for step in steps:
            row = step.place
            completions[row].append(step.token)
            logprobs[row].append(step.logprob)
            if step.token in stop_ids or (ends is not None and ends(completions[row])):
                reasons[row] = "stop"
            elif len(completions[row]) < max_new_tokens:
                continue
            batch.leave(row)
            if progress is not None:
                progress(len(prompts) - len(waiting) - len(batch.live))

    with evaluating(model):
        batch, settings = Batch(model), Settings(temperature, top_p, top_k)
        while waiting or batch.live:
            free = rows_together - len(batch.live)
            if waiting and (not batch.live or free >= ENTRY_SHARE * rows_together):
                rows = [waiting.popleft() for _ in range(min(free, len(waiting)))]
                take(
                    batch.enter(
                        [Row(row, prompts[row], seeds[row], max_new_tokens, settings) for row in rows]
                    )
                )
            else:
                take(batch.advance())
    return Generation(list(prompts), completions, logprobs, reasons)


def check_settings(temperature: float, top_p: float, top_k: int, max_new_tokens: int) -> None:
    """Raises InputError for a sampling setting outside its range."""
    if not (math.isfinite(temperature) and temperature >= 0):
        raise InputError(
            f"temperature {temperature} is not a number from 0 up",
            remedy="use 0 for the likeliest token, 1 to sample",
        )
    if not 0 < top_p <= 1:
        raise InputError(f"top_p {top_p} is not in (0, 1]", remedy="use 1 for no truncation")
    if top_k < 0:
        raise InputError(f"top_k {top_k} is negative", remedy="use 0 for no truncation")
    if max_new_tokens < 1:
        raise InputError(f"max_new_tokens is {max_new_tokens}", remedy="give a positive number")


def check_lengths(model: PreTrainedModel, prompts: Sequence[Sequence[int]], max_new_tokens: int) -> None:
    """Raises InputError for a prompt that is empty or leaves no room for a completion in the model's context."""
    context = getattr(model.config, "max_position_embeddings", None)
    for row, prompt in enumerate(prompts):
        if not prompt:
            raise InputError(
                "the prompt has no tokens", where=f"prompt {row}", remedy="give it at least one token"
            )
        if context is not None and len(prompt) + max_new_tokens > context:
            raise InputError(
                f"{len(prompt)} tokens and {max_new_tokens} new ones exceed the model's context of {context}",
                where=f"prompt {row}",
                remedy="shorten the prompt or lower max_new_tokens",
            )
