"""The sampling engine: prompts in, completions with log-probabilities out, for any attention decoder.

Rows are sorted so that a batch pads little; equal prompts are read once; finished rows leave the batch.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from tutelage.models import unchanging_weights
from tutelage.models.sharing import attends_plainly
from tutelage.rollout.cache import PreallocatedCache
from tutelage.rollout.drawing import draw, uniforms
from tutelage.rollout.generation import FinishReason, Generation
from tutelage.schema import InputError

# The share of live rows below which a batch is compacted: copying the cache costs about as much as a token.
COMPACTION_SHARE = 0.8


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
    batch_size: int = 128,
    progress: Callable[[int], None] | None = None,
) -> Generation:
    """One completion of each prompt, in the order given; a row's tokens depend on its prompt and its seed.

    stop_ids: tokens that end a completion and belong to it; ends: an additional test of the tokens so far.
    temperature: 0 takes the likeliest token. top_p, top_k: truncation (1 and 0: none); log-probabilities are
    those of the untruncated distribution at `temperature`. batch_size: rows sampled together.
    progress: called with the number of rows finished so far.

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
    finished = 0
    with evaluating(model):
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            batch = Batch(model, [prompts[row] for row in rows], [seeds[row] for row in rows], max_new_tokens)
            while batch.live:
                for step in batch.advance(temperature, top_p, top_k):
                    row = rows[step.place]
                    completions[row].append(step.token)
                    logprobs[row].append(step.logprob)
                    if step.token in stop_ids or (ends is not None and ends(completions[row])):
                        reasons[row] = "stop"
                    elif len(completions[row]) < max_new_tokens:
                        continue
                    batch.leave(step.place)
                    finished += 1
                    if progress is not None:
                        progress(finished)
    return Generation(list(prompts), completions, logprobs, reasons)


@dataclass(frozen=True)
class Step:
    """One token of one row of a batch."""

    place: int
    token: int
    logprob: float


class Batch:
    """Rows that are sampled together, a token each at every step, until they leave.

    Prompts are padded on the left, so that all rows write the same column of the cache; a row's positions count
    from its first real token.
    """

    @torch.inference_mode()
    def __init__(
        self,
        model: PreTrainedModel,
        prompts: Sequence[Sequence[int]],
        seeds: Sequence[int],
        max_new_tokens: int,
    ) -> None:
        self.model = model
        self.live = set(range(len(prompts)))
        self.places = list(range(len(prompts)))  # of the rows computed, some of which may have left
        device = model.device
        self.uniforms = uniforms(seeds, max_new_tokens).to(device)
        distinct: dict[tuple[int, ...], int] = {}
        of_distinct = [distinct.setdefault(tuple(prompt), len(distinct)) for prompt in prompts]
        self.longest = max(map(len, distinct))
        capacity = self.longest + max_new_tokens
        padding = [self.longest - len(prompt) for prompt in distinct]
        tokens = torch.tensor(
            [[0] * pad + list(prompt) for pad, prompt in zip(padding, distinct, strict=True)]
        )
        self.padding = torch.tensor(padding, device=device)
        self.real = (torch.arange(capacity, device=device) >= self.padding[:, None]).long()  # (U, capacity)
        self.one_mask = attends_plainly(model)
        self.cache = PreallocatedCache(model.config, capacity)
        logits = self._forward(tokens.to(device))
        if len(distinct) < len(prompts):
            self._select(torch.tensor(of_distinct, device=device))
            logits = logits[of_distinct]
        self.logits = logits  # (B, V) of the next token
        self.tokens = self.logits.new_zeros(0, dtype=torch.int64)  # (B,) drawn last
        self.step = 0

    @torch.inference_mode()
    def advance(self, temperature: float, top_p: float, top_k: int) -> list[Step]:
        """Draw the next token of every live row."""
        if self.step > 0:
            self._compact()
            self.logits = self._forward(self.tokens[:, None])
        drawn = draw(self.logits, self.uniforms[:, self.step], temperature, top_p, top_k)
        self.tokens = drawn.tokens
        self.step += 1
        rows = zip(self.places, drawn.tokens.tolist(), drawn.logprobs.tolist(), strict=True)
        return [Step(place, token, logprob) for place, token, logprob in rows if place in self.live]

    def leave(self, place: int) -> None:
        """The row at this place has ended."""
        self.live.discard(place)

    def _forward(self, tokens: Tensor) -> Tensor:
        """Read tokens (B, Q) after those in the cache; the logits (B, V) of the last."""
        start = self.cache.length
        end = start + tokens.shape[1]
        positions = torch.arange(start, end, device=tokens.device) - self.padding[:, None]
        output = self.model(
            input_ids=tokens,
            attention_mask=self._mask(start, end),
            position_ids=positions.clamp(min=0),
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: Tensor = output.logits[:, -1]
        return logits

    def _mask(self, start: int, end: int) -> Tensor:
        """Additive (B, 1, Q, end) where the family takes one, which spares its making in every step; else (B, end)."""
        real = self.real[:, :end]
        if not self.one_mask:
            return real
        columns = torch.arange(end, device=real.device)
        causal = columns <= torch.arange(start, end, device=real.device)[:, None]  # (Q, end)
        hidden = ~(causal & real[:, None, None, :].bool())
        dtype = self.model.dtype
        return torch.zeros(hidden.shape, dtype=dtype, device=real.device).masked_fill_(
            hidden, torch.finfo(dtype).min
        )

    def _compact(self) -> None:
        """Drop the rows that have left, once they are worth the copy of the cache."""
        if len(self.live) > COMPACTION_SHARE * len(self.places):
            return
        kept = [row for row, place in enumerate(self.places) if place in self.live]
        self.places = [self.places[row] for row in kept]
        rows = torch.tensor(kept, device=self.tokens.device)
        self.tokens, self.uniforms = self.tokens[rows], self.uniforms[rows]
        self._select(rows)

    def _select(self, rows: Tensor) -> None:
        self.cache.select(rows)
        self.padding, self.real = self.padding[rows], self.real[rows]


@contextmanager
def evaluating(model: PreTrainedModel) -> Iterator[None]:
    """The model without dropout and without updates inside the block, and as it was after it."""
    training = model.training
    model.eval()
    try:
        with unchanging_weights():
            yield
    finally:
        model.train(training)


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
