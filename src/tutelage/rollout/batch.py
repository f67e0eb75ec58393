"""Rows that are sampled together, a token each at every step; rows enter while others are under way, and leave.

Prompts are padded on the left and all rows end in the same column of the cache, so that every step writes one column;
a row's positions count from its first real token.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad
from transformers import PreTrainedModel

from tutelage.models import attends_plainly, decoding_step, read_only_at
from tutelage.models.attention import HIDDEN
from tutelage.models.decoding import DecodingStep
from tutelage.rollout.cache import PreallocatedCache
from tutelage.rollout.drawing import draw, uniforms
from tutelage.rollout.recording import RecordedStep, recording_pays

NOBODY = -1
"""The place of a row that nobody has yet."""


class Thrift(NamedTuple):
    """When a cache is copied, which drops rows and makes room for columns."""

    rows: float
    """The share of live rows below which it is."""
    columns: int
    share: float
    """Free columns of a new cache, at least, and as a share of the filled. A decoding step attends to all of them,
    masked, for on a CPU a part of a cache must be copied to be multiplied; once they are filled the cache itself is
    copied."""


CPU_THRIFT = Thrift(rows=0.8, columns=16, share=0.125)
GPU_THRIFT = Thrift(rows=0.1, columns=64, share=0.5)
"""A GPU hardly computes longer for what is masked or has left, and after each copy a step must be recorded anew."""


@dataclass(frozen=True)
class Step:
    """One token of one row of a batch."""

    place: int
    token: int
    logprob: float
    likeliest: tuple[tuple[int, float], ...] = ()
    """As many tokens as were asked for with their log-probabilities, the likeliest first."""


class Settings(NamedTuple):
    """How a row's tokens are drawn."""

    temperature: float = 1.0
    """0 takes the likeliest."""
    top_p: float = 1.0
    top_k: int = 0
    likeliest: int = 0
    """Tokens to be told of at every step, beside the one drawn."""


@dataclass(frozen=True)
class Row:
    """What is sampled: a completion of at most so many tokens, known by a place that its caller gives it."""

    place: int
    prompt: Sequence[int]
    seed: int
    max_new_tokens: int
    settings: Settings


class Batch:
    """Rows under way, each known by the place that its caller gave it."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.one_mask = attends_plainly(model)
        self.opened, self.closed = (0.0, HIDDEN) if self.one_mask else (1.0, 0.0)
        # rows that have left go on until they are dropped, and a family with learned positions has no more of them
        self.last_position = getattr(model.config, "max_position_embeddings", sys.maxsize) - 1
        self.live: set[int] = set()
        self.places: list[int] = []  # of the rows computed, some of which may have left
        self.settings: list[Settings] = []  # of the same
        self.records = recording_pays(model.device)
        self.thrift = GPU_THRIFT if self.records else CPU_THRIFT
        self.recorded: RecordedStep | None = None
        self.cache = PreallocatedCache(model.config, self.thrift.columns)
        self.tokens = torch.zeros(0, dtype=torch.int64, device=model.device)  # (B,) drawn last
        self.steps = torch.zeros_like(self.tokens)  # (B,) how many were drawn
        self.padding = torch.zeros_like(self.tokens)  # (B,) columns before the first real token
        self.uniforms = torch.zeros(0, 0, device=model.device)  # (B, longest completion)
        self.mask = torch.zeros(0, device=model.device)  # over all columns, those that are filled open

    @torch.no_grad()
    def enter(self, entering: Sequence[Row]) -> list[Step]:
        """Take rows in: their prompts are read, equal ones once, and their first tokens drawn."""
        device = self.model.device
        distinct: dict[tuple[int, ...], int] = {}
        of_distinct = [distinct.setdefault(tuple(row.prompt), len(distinct)) for row in entering]
        width = max(map(len, distinct))
        cache = PreallocatedCache(self.model.config, width)
        padding = torch.tensor([width - len(prompt) for prompt in distinct], device=device)
        tokens = torch.tensor([[0] * (width - len(prompt)) + list(prompt) for prompt in distinct])
        ends = width * torch.arange(1, len(tokens) + 1, device=device) - 1
        with read_only_at(self.model, ends):
            logits = self._forward(tokens.to(device), cache, padding, self._mask(padding, 0, width))
        rows = torch.tensor(of_distinct, device=device)
        left = [row for row, place in enumerate(self.places) if place not in self.live]
        if len(left) >= len(entering) and width <= self.cache.length:
            seats = left[: len(entering)]
            self._reseat(torch.tensor(seats, device=device), cache, rows, padding[rows])
        else:
            self._seat((cache, rows, padding[rows]))
            seats = list(range(len(self.places) - len(entering), len(self.places)))
        self._write_down(seats, entering)
        return self._draw(logits[rows], seats)

    @torch.no_grad()
    def advance(self) -> list[Step]:
        """Draw the next token of every live row."""
        if len(self.live) <= self.thrift.rows * len(self.places) or self.cache.length == self.cache.capacity:
            self._seat()
        if self.decoding is not None and self.records:
            return self._draw(self._recorded(self.decoding).logits(self.tokens, self.padding))
        column = self.cache.length
        self.mask[..., column] = self.opened
        if self.decoding is None:
            mask = self.mask[..., : column + 1]
            logits = self._forward(self.tokens[:, None], self.cache, self.padding, mask)
        else:
            positions = (column - self.padding).clamp(max=self.last_position)
            logits = self.decoding.logits(self.tokens, positions, self.mask, self.cache.append)
        return self._draw(logits)

    @cached_property
    def decoding(self) -> DecodingStep | None:
        """Made when it is first asked for: a completion of one token needs none."""
        return decoding_step(self.model)

    def _recorded(self, decoding: DecodingStep) -> RecordedStep:
        """For the cache as it lies now."""
        if self.recorded is None:
            self.recorded = RecordedStep(decoding, self.cache, self.mask, self.opened, self.last_position)
        return self.recorded

    def leave(self, place: int) -> None:
        """The row at this place has ended."""
        self.live.discard(place)

    def _write_down(self, seats: Sequence[int], entering: Sequence[Row]) -> None:
        """Who has these rows now, and the numbers that their tokens are drawn by."""
        longest = max(self.uniforms.shape[1], *(row.max_new_tokens for row in entering))
        self.uniforms = pad(self.uniforms, (0, longest - self.uniforms.shape[1]))
        self.uniforms[seats] = uniforms([row.seed for row in entering], longest).to(self.uniforms.device)
        self.steps[seats] = 0
        for seat, row in zip(seats, entering, strict=True):
            self.places[seat], self.settings[seat] = row.place, row.settings
            self.live.add(row.place)

    def _draw(self, logits: Tensor, rows: Sequence[int] | None = None) -> list[Step]:
        """The next token of these rows, by default all, from their logits; of the live ones as steps."""
        rows = range(len(self.places)) if rows is None else rows
        drawn_steps: list[Step] = []
        for settings, some in alike([self.settings[row] for row in rows]):
            everybody = len(some) == len(self.places)
            chosen = [rows[each] for each in some]
            index = slice(None) if everybody else torch.tensor(chosen, device=logits.device)
            # rows that have left are drawn for too, until they are dropped, and may have had all their numbers
            steps = self.steps[index].clamp(max=self.uniforms.shape[1] - 1)
            uniform = self.uniforms[index].gather(1, steps[:, None])[:, 0]
            drawn = draw(logits if len(some) == len(logits) else logits[some], uniform, *settings)
            self.tokens[index] = drawn.tokens
            self.steps[index] += 1
            told = zip(chosen, drawn.tokens.tolist(), drawn.logprobs.tolist(), drawn.likeliest, strict=True)
            drawn_steps += [
                Step(self.places[row], *of_row) for row, *of_row in told if self.places[row] in self.live
            ]
        return drawn_steps

    def _forward(self, tokens: Tensor, cache: PreallocatedCache, padding: Tensor, mask: Tensor) -> Tensor:
        """Read tokens (B, Q) after those in the cache; the logits (B, V) of the last."""
        start = cache.length
        positions = torch.arange(start, start + tokens.shape[1], device=tokens.device) - padding[:, None]
        output = self.model(
            input_ids=tokens,
            attention_mask=mask,
            position_ids=positions.clamp(0, self.last_position),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: Tensor = output.logits[:, -1]
        return logits

    def _mask(self, padding: Tensor, start: int, end: int) -> Tensor:
        """For tokens in columns from start to end: (B, 1, Q, end) to add where the family takes that, else (B, end)."""
        columns = torch.arange(end, device=padding.device)
        real = columns >= padding[:, None]
        if not self.one_mask:
            return real.long()
        hidden = ~(real[:, None] & (columns <= columns[start:, None]))[:, None]
        return torch.zeros(hidden.shape, dtype=self.model.dtype, device=real.device).masked_fill_(
            hidden, HIDDEN
        )

    def _reseat(self, seats: Tensor, cache: PreallocatedCache, rows: Tensor, padding: Tensor) -> None:
        """In place of rows that have left, rows of another cache of this padding: all others stay where they are."""
        sizes = cache.length - padding
        self.cache.replace(seats, cache, rows)
        self.padding[seats] = self.cache.length - sizes
        mask = self._mask(self.padding[seats], self.cache.capacity - 1, self.cache.capacity)
        mask[..., self.cache.length :] = self.closed
        self.mask[seats] = mask

    def _seat(self, *entering: tuple[PreallocatedCache, Tensor, Tensor]) -> None:
        """Drop the rows that have left and the columns that only they had; behind the others, rows that enter.

        entering: caches, which of their rows (one may be taken several times), and the padding of each in its cache.
        """
        kept = [row for row, place in enumerate(self.places) if place in self.live]
        index = torch.tensor(kept, dtype=torch.int64, device=self.tokens.device)
        fresh = [torch.zeros_like(rows) for _, rows, _ in entering]
        new = sum(map(len, fresh))  # they are written down afterwards
        self.places = [*(self.places[row] for row in kept), *[NOBODY] * new]
        self.settings = [*(self.settings[row] for row in kept), *[Settings()] * new]
        self.uniforms = pad(self.uniforms[index], (0, 0, 0, new))
        self.tokens, self.steps = (torch.cat([each[index], *fresh]) for each in (self.tokens, self.steps))
        parts = [(self.cache, index, self.padding[index]), *entering]
        sizes = torch.cat([cache.length - padding for cache, _, padding in parts])  # (B,) tokens of each row
        length = int(sizes.max())
        rows_of_caches = [(cache, rows) for cache, rows, _ in parts]
        capacity = length + max(self.thrift.columns, round(self.thrift.share * length))
        self.recorded = None  # it holds the old cache
        self.cache = PreallocatedCache.of(self.model.config, capacity, length, rows_of_caches)
        self.padding = length - sizes
        self.mask = self._mask(self.padding, capacity - 1, capacity)
        self.mask[..., length:] = self.closed


def alike(settings: Sequence[Settings]) -> Iterator[tuple[Settings, list[int]]]:
    """The rows that are drawn alike, settings by settings: nearly always all of them."""
    rows: dict[Settings, list[int]] = {}
    for row, each in enumerate(settings):
        rows.setdefault(each, []).append(row)
    yield from rows.items()
