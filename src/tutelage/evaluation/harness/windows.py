"""Log-probabilities of the last tokens of rows that may fill a model's context, and whether they are the likeliest."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from tutelage.data import Sequences
from tutelage.functional import token_logprobs
from tutelage.models.forward import on_mask, predicting, predicting_logits, states_at
from tutelage.models.unembedding import plain_unembedding, states_at_once


@dataclass(frozen=True)
class Windows:
    """Rows of tokens whose last ones are scored, as `models.TokenSequences`.

    A row's very last token is predicted and not read, so that a row may be a token longer than the model's context.
    """

    tokens: Tensor
    """(B, L) what is read."""
    attention_mask: Tensor
    """(B, L) 1 on real tokens."""
    completion_index: Tensor
    """(B, T) where each scored token would stand: one after the token that predicts it."""
    mask: Tensor
    """(B, T) 1 on scored tokens."""
    completion_tokens: Tensor
    """(B, T) the scored tokens."""

    @staticmethod
    def of(
        contexts: Sequence[list[int]], continuations: Sequence[list[int]], device: torch.device
    ) -> "Windows":
        """Of contexts and continuations that have a token each at least."""
        rows = [
            (context + continuation)[:-1]
            for context, continuation in zip(contexts, continuations, strict=True)
        ]
        read = Sequences.of(rows, [[] for _ in rows], pad_id=0)
        scored = Sequences.of([[0]] * len(rows), continuations, pad_id=0)
        starts = torch.tensor([len(context) for context in contexts])[:, None]
        index = (starts + torch.arange(scored.mask.shape[1])) * scored.mask.long()
        parts = (read.tokens, read.attention_mask, index, scored.mask, scored.completion_tokens)
        return Windows(*(part.to(device) for part in parts))


def score_windows(model: PreTrainedModel, windows: Windows) -> list[tuple[float, bool]]:
    """Of each row: the log-probability of its scored tokens in nats, and whether each of them is the likeliest.

    Of the logits, (scored tokens, vocabulary), only a chunk exists at a time where the last layer alone makes them.
    """
    tokens = windows.completion_tokens[windows.mask.bool()]
    head = plain_unembedding(model)
    outputs = (
        predicting_logits(model, windows) if head is None else states_at(model, windows, predicting(windows))
    )
    size = states_at_once(outputs, outputs.shape[-1] if head is None else head.out_features)
    logprobs, likeliest = [], []
    for part, chosen in zip(outputs.split(size), tokens.split(size), strict=True):
        logits = part if head is None else head(part)
        logprobs.append(token_logprobs(logits[None], chosen[None])[0])
        likeliest.append(logits.argmax(-1) == chosen)
    totals = on_mask(windows, torch.cat(logprobs)).double().sum(1)
    missed = on_mask(windows, (~torch.cat(likeliest)).float()).sum(1)
    return list(zip(totals.tolist(), (missed == 0).tolist(), strict=True))
