"""Completions of one prompt in one row, so that the prompt is read once: K completions cost K · T + P tokens.

A row holds the prompt and its completions one after another. The attention mask lets a completion see the prompt
and itself only, and each completion's positions go on from the prompt's end, so every token's state is what it
would be alone. A reward model's step, K = 4..9 completions of each prompt (§3.5), gains most.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from tutelage.models.attention import CPU_ATTENTION
from tutelage.models.sequences import TokenSequences


@dataclass(frozen=True)
class Layout:
    """B sequences laid out in G rows of at most W tokens for one pass of a model."""

    tokens: Tensor
    """(G, W) ids, 0 where nothing stands."""
    places: Tensor
    """(B, L) where in the flattened G · W each token of each sequence stands; 0 for padding."""
    positions: Tensor | None
    """(G, W) each token's position in its own sequence; None where it is its column."""
    mask: Tensor | None
    """(G, 1, W, W) to add before the softmax; None for plain causal attention."""


def lay_out(model: PreTrainedModel, sequences: TokenSequences) -> Layout:
    """Share prompts where that is less work for this model and it can be told what to attend to; else one row each."""
    batch, length = sequences.tokens.shape
    if batch > 1 and attends_plainly(model):
        trees = prompt_trees(sequences)
        widest = max(tree.width for tree in trees)
        if work(model, len(trees), widest) < 0.9 * work(model, batch, length):
            return shared_layout(sequences, trees, widest, model.dtype)
    places = torch.arange(batch * length, device=sequences.tokens.device).view(batch, length)
    # a tokenizer's padding id may lie outside the model's vocabulary
    return Layout(sequences.tokens.masked_fill(sequences.attention_mask == 0, 0), places, None, None)


@dataclass(frozen=True)
class PromptTree:
    """A prompt and the sequences that go on from it."""

    prompt: tuple[int, ...]
    rows: list[int]
    completions: list[list[int]]

    @property
    def width(self) -> int:
        """Tokens of the prompt and all completions."""
        return len(self.prompt) + sum(map(len, self.completions))


def prompt_trees(sequences: TokenSequences) -> list[PromptTree]:
    """The sequences by prompt, in order of first appearance."""
    trees: dict[tuple[int, ...], PromptTree] = {}
    sizes = sequences.attention_mask.sum(1).tolist()
    completion_sizes = sequences.mask.sum(1).long().tolist()
    rows = sequences.tokens.tolist()
    for row, (tokens, size, completion_size) in enumerate(zip(rows, sizes, completion_sizes, strict=True)):
        end = size - completion_size
        prompt = tuple(tokens[:end])
        tree = trees.setdefault(prompt, PromptTree(prompt, [], []))
        tree.rows.append(row)
        tree.completions.append(tokens[end:size])
    return list(trees.values())


def shared_layout(
    sequences: TokenSequences, trees: list[PromptTree], width: int, dtype: torch.dtype
) -> Layout:
    """One row for each tree."""
    device = sequences.tokens.device
    tokens, positions, branches = ([[0] * width for _ in trees] for _ in range(3))
    places = [[0] * sequences.tokens.shape[1] for _ in range(len(sequences.tokens))]
    for group, tree in enumerate(trees):
        shared = len(tree.prompt)
        tokens[group][:shared] = tree.prompt
        positions[group][:shared] = range(shared)
        start = shared
        for branch, (row, completion) in enumerate(zip(tree.rows, tree.completions, strict=True), 1):
            end = start + len(completion)
            tokens[group][start:end] = completion
            positions[group][start:end] = range(shared, shared + len(completion))
            branches[group][start:end] = [branch] * len(completion)
            first = group * width
            places[row][:shared] = range(first, first + shared)
            places[row][shared : shared + len(completion)] = range(first + start, first + end)
            start = end
    branch_of = torch.tensor(branches, device=device)
    same = (branch_of[:, :, None] == branch_of[:, None, :]) | (branch_of == 0)[:, None, :]  # (G, query, key)
    hidden = ~same.tril()[:, None]
    mask = torch.zeros(hidden.shape, dtype=dtype, device=device).masked_fill_(hidden, torch.finfo(dtype).min)
    return Layout(
        torch.tensor(tokens, device=device),
        torch.tensor(places, device=device),
        torch.tensor(positions, device=device),
        mask,
    )


def work(model: PreTrainedModel, rows: int, width: int) -> int:
    """Multiplications of a block over rows of this width, up to a factor: 12 · hidden² a token, and attention."""
    return rows * width * (6 * int(model.config.hidden_size) + 2 * width)


def attends_plainly(model: PreTrainedModel) -> bool:
    """Whether one additive mask serves every block: each sees all earlier tokens, and nothing but tokens counts."""
    config = model.config
    layer_types = set(getattr(config, "layer_types", None) or {"full_attention"})
    return (
        layer_types == {"full_attention"}
        and getattr(config, "sliding_window", None) is None
        and model._supports_attention_backend
        and config._attn_implementation in {"eager", "sdpa", CPU_ATTENTION}
    )
