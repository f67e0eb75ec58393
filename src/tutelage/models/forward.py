"""Passes through a model over whole sequences: log-probabilities, scores and values where they are needed.

Sequences pass end to end, without their padding, and prompts that several share are read once (see `layout`); positions
count from 0 in each.
"""

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from tutelage.functional import token_logprobs
from tutelage.models.layout import lay_out, lay_out_rows
from tutelage.models.narrowing import read_only_at
from tutelage.models.sequences import TokenSequences
from tutelage.models.sharding import one_pass
from tutelage.models.unembedding import plain_unembedding, state_logprobs
from tutelage.schema import InputError


def states_at(model: PreTrainedModel, sequences: TokenSequences, wanted: Tensor) -> Tensor:
    """(wanted tokens of all rows, hidden size): final states where `wanted` (B, L) is true, row after row."""
    layout = lay_out(model, sequences)
    places = layout.places[wanted]
    with read_only_at(model, places):
        output = model.base_model(**layout.arguments())
    states: Tensor = output.last_hidden_state.flatten(0, 1)[places]
    return states


def predicting_logits(model: PreTrainedModel, sequences: TokenSequences) -> Tensor:
    """(completion tokens of all rows, vocabulary): the logits that predict them, row after row."""
    layout = lay_out(model, sequences)
    places = layout.places[predicting(sequences)]
    kept = torch.zeros(layout.tokens.numel(), dtype=torch.bool, device=places.device)
    kept[places] = True  # completions that share a prompt are all begun from its last token
    output = model(**layout.arguments(), logits_to_keep=kept.view_as(layout.tokens))
    logits: Tensor = output.logits.flatten(0, -2)
    return logits[(kept.cumsum(0) - 1)[places]]


def predicting(sequences: TokenSequences) -> Tensor:
    """(B, L) true at the tokens from which a completion token is predicted: the one before it."""
    chosen = torch.zeros_like(sequences.tokens, dtype=torch.bool)
    rows, columns = sequences.mask.bool().nonzero(as_tuple=True)
    chosen[rows, sequences.completion_index[rows, columns] - 1] = True
    return chosen


def last_tokens(sequences: TokenSequences) -> Tensor:
    """(B, L) true at the last real token of each row."""
    sizes = sequences.attention_mask.sum(1)
    columns = torch.arange(sequences.tokens.shape[1], device=sizes.device)
    return columns == sizes[:, None] - 1


@one_pass
def completion_logprobs(
    model: PreTrainedModel, sequences: TokenSequences, temperature: float = 1.0
) -> Tensor:
    """(B, T): log-probability of each completion token given all tokens before it; 0 where the mask is 0.

    Logits are made only where a completion token is predicted, and a chunk at a time where they are many.
    """
    tokens = sequences.completion_tokens[sequences.mask.bool()]
    head = plain_unembedding(model)
    if head is not None:
        states = states_at(model, sequences, predicting(sequences))
        return on_mask(sequences, state_logprobs(head, states, tokens, temperature))
    logits = predicting_logits(model, sequences)
    return on_mask(sequences, token_logprobs(logits[None], tokens[None], temperature)[0])


@one_pass
def row_logprobs(model: PreTrainedModel, rows: Tensor) -> Tensor:
    """rows (N, T) of packed text without padding -> (N, T-1): log-probability of each token but the first."""
    head = plain_unembedding(model)
    if head is None:
        return token_logprobs(model(input_ids=rows, use_cache=False).logits[:, :-1], rows[:, 1:])
    layout = lay_out_rows(model, rows)
    states = model.base_model(**layout.arguments()).last_hidden_state.view(*rows.shape, -1)[:, :-1]
    return state_logprobs(head, states.flatten(0, 1), rows[:, 1:].flatten()).view(len(rows), -1)


@one_pass
def final_hidden_states(model: PreTrainedModel, sequences: TokenSequences) -> Tensor:
    """(B, hidden size): the backbone's final state at the last real token of each row."""
    return states_at(model, sequences, last_tokens(sequences))


@one_pass
def final_scores(scalar_model: PreTrainedModel, sequences: TokenSequences) -> Tensor:
    """(B,): the head's scalar at the last token of each completion (of the prompt, where that is empty)."""
    return scalars(scalar_model, states_at(scalar_model, sequences, last_tokens(sequences)))


@one_pass
def token_values(scalar_model: PreTrainedModel, sequences: TokenSequences) -> Tensor:
    """(B, T): the value of the state before each completion token, which is what the policy saw when it chose it.

    0 where the mask is 0.
    """
    return on_mask(
        sequences, scalars(scalar_model, states_at(scalar_model, sequences, predicting(sequences)))
    )


def scalars(scalar_model: PreTrainedModel, states: Tensor) -> Tensor:
    """(N,) float32: the head's output for states (N, hidden size)."""
    head = scalar_head(scalar_model)
    # Never in bf16 arithmetic, which would round scores to two or three digits.
    with torch.autocast(states.device.type, enabled=False):
        return head(states.to(next(head.parameters()).dtype)).float().squeeze(-1)


def scalar_head(scalar_model: PreTrainedModel) -> nn.Module:
    """The head of a reward or value model. Raises InputError when the model has none of one output."""
    head = getattr(scalar_model, "score", None)
    if not isinstance(head, nn.Module) or scalar_model.config.num_labels != 1:
        raise InputError(
            f"{type(scalar_model).__name__} gives no scalar score",
            remedy="give an AutoModelForSequenceClassification with num_labels=1 of a decoder",
        )
    return head


def on_mask(sequences: TokenSequences, flat: Tensor) -> Tensor:
    """(B, T) with the flat values, one for each completion token row after row, where the mask is 1; else 0."""
    return torch.zeros_like(sequences.mask, dtype=flat.dtype).masked_scatter(sequences.mask.bool(), flat)
