"""Many sequences as one line of tokens: nothing is computed for padding, and a prompt that several share is read once.

All of a transformer but its attention looks at one token at a time, so the tokens of all sequences pass end to end,
each once, K completions of one prompt after their prompt (§3.5: a reward model's step has K = 4..9 of each). Attention
alone must know what belongs together: it works on blocks, pieces of similar length that are padded to each other.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from tutelage.models.attention import (
    HIDDEN,
    PACKING_ATTENTION,
    Block,
    Blocks,
    Packing,
    Spans,
    attends_plainly,
    takes_spans,
)
from tutelage.models.evaluating import found_once
from tutelage.models.sequences import TokenSequences

SIMILAR = 0.75
"""Pieces at least this fraction of a block's longest join it; shorter ones would mostly be padding."""
SHORT = 16
"""Tokens by which a piece may always be shorter: small blocks cost more in calls than padding costs in products."""


@dataclass(frozen=True)
class Layout:
    """B sequences laid out for one pass of a model."""

    tokens: Tensor
    """(1, N) ids end to end; (B, L) where the model cannot be told what belongs together."""
    places: Tensor
    """(B, L) where in the flattened tokens each token of each sequence stands; 0 for padding."""
    packing: Packing | None
    """None for plain causal attention over rows, where a token's position is its column."""

    def arguments(self) -> dict[str, object]:
        """What a transformers model is called with."""
        arguments: dict[str, object] = {"input_ids": self.tokens, "use_cache": False}
        if self.packing is not None:
            # a mask of four dimensions is taken as it is; without one the family would make one of N · N
            mask = torch.zeros(1, 1, 1, 1, device=self.tokens.device)
            arguments |= {
                "position_ids": self.packing.positions,
                "attention_mask": mask,
                "packing": self.packing,
            }
        return arguments


@dataclass(frozen=True)
class Piece:
    """Tokens that attend together: `size` of them from place `start` on, after `before` from `prompt_start` on."""

    start: int
    size: int
    prompt_start: int
    before: int

    @property
    def seen(self) -> int:
        """Tokens that its last token sees."""
        return self.before + self.size


def lay_out(model: PreTrainedModel, sequences: TokenSequences) -> Layout:
    """The sequences end to end where this model's attention can be told what belongs together, else one row each."""
    real = sequences.attention_mask.bool()
    if not packs(model):
        places = torch.arange(real.numel(), device=real.device).view(real.shape)
        # a tokenizer's padding id may lie outside the model's vocabulary
        return Layout(sequences.tokens.masked_fill(~real, 0), places, None)
    device = real.device
    sizes = real.sum(1).tolist()
    prompt_sizes = [
        size - int(completion) for size, completion in zip(sizes, sequences.mask.sum(1).tolist(), strict=True)
    ]
    pieces, prompt_starts, starts = place(sequences.tokens, sizes, prompt_sizes)
    columns = torch.arange(real.shape[1], device=device)
    before = torch.tensor(prompt_sizes, device=device)[:, None]
    first, own = (torch.tensor(each, device=device)[:, None] for each in (prompt_starts, starts))
    places = torch.where(columns < before, first + columns, own + columns - before) * real
    count = max(piece.start + piece.size for piece in pieces)
    tokens, positions = (torch.zeros(count, dtype=torch.int64, device=device) for _ in range(2))
    tokens[places[real]] = sequences.tokens[real]
    positions[places[real]] = columns.expand_as(real)[real]
    return Layout(tokens[None], places, pack(model, pieces, positions[None]))


def lay_out_rows(model: PreTrainedModel, rows: Tensor) -> Layout:
    """Rows (N, T) of packed text: one row each, but end to end where a kernel takes many lengths at once.

    On a GPU rows would need a mask, with which no kernel takes query heads that share a key head: the weights of
    attention would be made and kept.
    """
    if packs(model) and takes_spans(model, head_size_of(model)):
        return rows_end_to_end(model, rows)
    return Layout(rows, torch.arange(rows.numel(), device=rows.device).view(rows.shape), None)


def rows_end_to_end(model: PreTrainedModel, rows: Tensor) -> Layout:
    """Rows (N, T) one after the other, each a piece by itself."""
    count, size = rows.shape
    pieces = [Piece(start, size, prompt_start=start, before=0) for start in range(0, count * size, size)]
    positions = torch.arange(size, device=rows.device).repeat(count)
    places = torch.arange(rows.numel(), device=rows.device).view(rows.shape)
    return Layout(rows.flatten()[None], places, pack(model, pieces, positions[None]))


def place(
    tokens: Tensor, sizes: Sequence[int], prompt_sizes: Sequence[int]
) -> tuple[list[Piece], list[int], list[int]]:
    """The pieces of the sequences (B, L), and for each sequence where its prompt and its completion start."""
    prompts = [tuple(row[:size]) for row, size in zip(tokens.tolist(), prompt_sizes, strict=True)]
    count = Counter(prompts)
    read: dict[tuple[int, ...], int] = {}
    pieces, prompt_starts, starts, end = [], [], [], 0
    for prompt, size in zip(prompts, sizes, strict=True):
        if count[prompt] == 1 or not prompt:
            pieces.append(Piece(end, size, prompt_start=end, before=0))
            prompt_starts.append(end)
            starts.append(end + len(prompt))
            end += size
            continue
        if prompt not in read:
            read[prompt] = end
            pieces.append(Piece(end, len(prompt), prompt_start=end, before=0))
            end += len(prompt)
        prompt_starts.append(read[prompt])
        starts.append(end)
        if size > len(prompt):
            pieces.append(Piece(end, size - len(prompt), read[prompt], before=len(prompt)))
            end += size - len(prompt)
    return pieces, prompt_starts, starts


def pack(model: PreTrainedModel, pieces: Sequence[Piece], positions: Tensor) -> Packing:
    """How the pieces of N tokens at these positions (1, N) attend, for this model's heads on its device."""
    config = model.config
    heads = config.num_attention_heads
    key_heads = getattr(config, "num_key_value_heads", None) or heads
    if takes_spans(model, head_size_of(model)):
        return Packing(positions, (heads, key_heads), spans(pieces, positions.device))
    return Packing(positions, (heads, key_heads), padded(pieces, positions, heads, key_heads))


def head_size_of(model: PreTrainedModel) -> int:
    """The width of a head."""
    config = model.config
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)


def spans(pieces: Sequence[Piece], device: torch.device) -> Spans:
    """The pieces as lengths; which keys each sees is listed only where a prompt is shared."""

    def ends(sizes: Iterable[int]) -> Tensor:
        return torch.tensor([0, *itertools.accumulate(sizes)], dtype=torch.int32, device=device)

    keys = None
    if any(piece.before for piece in pieces):
        keys = torch.cat(
            [
                torch.arange(start, start + size)
                for piece in pieces
                for start, size in ((piece.prompt_start, piece.before), (piece.start, piece.size))
            ]
        ).to(device)
    return Spans(
        ends(piece.size for piece in pieces),
        ends(piece.seen for piece in pieces),
        max(piece.size for piece in pieces),
        max(piece.seen for piece in pieces),
        keys,
    )


def padded(pieces: Sequence[Piece], positions: Tensor, heads: int, key_heads: int) -> Blocks:
    """The pieces in blocks of similar length."""
    device = positions.device
    output_rows = torch.zeros(positions.numel(), heads, dtype=torch.int64, device=device)
    blocks, filled = [], 0
    for group in similar(pieces):
        starts, sizes, prompt_starts, before = torch.tensor(
            [[piece.start, piece.size, piece.prompt_start, piece.before] for piece in group], device=device
        ).T[:, :, None]
        steps = torch.arange(max(piece.size for piece in group), device=device)
        seen = torch.arange(max(piece.seen for piece in group), device=device)
        own = steps < sizes  # (G, Q)
        queries = (starts + steps) * own
        keys = torch.where(seen < before, prompt_starts + seen, starts + seen - before)
        keys = keys * (seen < before + sizes)
        alike = len({piece.before for piece in group}) == 1
        hidden = seen > (before[:1] if alike else before)[:, :, None] + steps[:, None]  # (G or 1, Q, S)
        mask = torch.zeros(hidden.shape, device=device).masked_fill_(hidden, HIDDEN)
        blocks.append(Block(rows_of(queries, heads), rows_of(keys, key_heads), mask[:, None]))
        places = filled + torch.arange(own.shape[0] * heads * len(steps), device=device)
        output_rows[queries[own]] = places.view(-1, heads, len(steps)).transpose(1, 2)[own]
        filled += own.shape[0] * heads * len(steps)
    return Blocks(tuple(blocks), output_rows)


def similar(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """The pieces in groups of similar length, the longest first."""
    group: list[Piece] = []
    shortest = longest = 0
    for piece in sorted(pieces, key=lambda piece: (-piece.seen, -piece.size)):
        smaller, larger = min(shortest, piece.size), max(longest, piece.size)
        if group and near(piece.seen, group[0].seen) and near(smaller, larger):
            group.append(piece)
            shortest, longest = smaller, larger
            continue
        if group:
            yield group
        group, shortest, longest = [piece], piece.size, piece.size
    if group:
        yield group


def near(size: int, longest: int) -> bool:
    """Whether a piece of this size goes with one of the longest's."""
    return size >= min(SIMILAR * longest, longest - SHORT)


def rows_of(places: Tensor, heads: int) -> Tensor:
    """(G, heads, Q) rows of a (N · heads, D) matrix for the tokens at places (G, Q)."""
    return places[:, None, :] * heads + torch.arange(heads, device=places.device)[:, None]


def packs(model: PreTrainedModel) -> bool:
    """Whether the model's attention takes a packing, in every block alike."""
    return (
        bool(model.config._attn_implementation == PACKING_ATTENTION)
        and attends_plainly(model)
        and found_once(model, takes_packing)
    )


def takes_packing(model: PreTrainedModel) -> bool:
    """Whether a packing reaches the attention of every block and says all there is to say, tried on two tokens.

    Some families do not hand it on, some build masks of their own, some repeat keys before they attend.
    """
    tokens = torch.zeros(1, 2, dtype=torch.int64, device=model.device)
    packing = pack(model, [Piece(0, 2, prompt_start=0, before=0)], torch.arange(2, device=model.device)[None])
    try:
        model.base_model(**Layout(tokens, tokens, packing).arguments())
    except (NotImplementedError, TypeError):
        return False
    return True
