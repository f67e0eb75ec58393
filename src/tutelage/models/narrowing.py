"""The last block computes only what is read: its feed-forward layer looks at one token at a time, and what it makes of
tokens from which nothing is predicted reaches nothing.

That layer is the larger part of a block. A reward model is read at the last token of each completion, a policy where a
completion token is predicted (see `forward`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from tutelage.models.evaluating import agree, found_once

FEED_FORWARD_NAMES = ("mlp", "feed_forward", "ffn")
"""What families call a block's feed-forward layer."""


@contextmanager
def read_only_at(model: PreTrainedModel, places: Tensor) -> Iterator[None]:
    """Inside, final states need be right only at these places of the flattened tokens, and may not be elsewhere.

    For one pass of the model at a time. Blocks that are computed again for their gradient, when this is left, are
    computed everywhere.
    """
    if model.is_activation_checkpointing or not found_once(model, reads_single_tokens):
        yield
        return
    layer = last_feed_forward(model)
    assert layer is not None
    with at_places(layer, places.unique()):
        yield


@contextmanager
def at_places(layer: nn.Module, places: Tensor) -> Iterator[None]:
    """Inside, the layer is applied to the tokens at these places; for all others it gives 0."""
    whole, own = layer.forward, vars(layer).get("forward")

    def part(states: Tensor) -> Tensor:
        # as one row, for some families count on rows
        outputs: Tensor = whole(states.flatten(0, -2)[None, places])[0]
        spread = outputs.new_zeros(states.shape[:-1].numel(), outputs.shape[-1])
        return spread.index_put_((places,), outputs).view(*states.shape[:-1], -1)

    layer.forward = part
    try:
        yield
    finally:
        del layer.forward
        if own is not None:  # that of a library which wraps modules
            layer.forward = own


def last_feed_forward(model: PreTrainedModel) -> nn.Module | None:
    """The feed-forward layer of the last block, by the names that families give it."""
    blocks = [
        module
        for module in model.base_model.modules()
        if isinstance(module, nn.ModuleList) and len(module) == model.config.num_hidden_layers
    ]
    named = [getattr(blocks[0][-1], name, None) for name in FEED_FORWARD_NAMES] if blocks else []
    return next((layer for layer in named if isinstance(layer, nn.Module)), None)


def reads_single_tokens(model: PreTrainedModel) -> bool:
    """Whether the last feed-forward layer can be kept to some tokens, tried on the last of three."""
    layer, tokens = last_feed_forward(model), torch.tensor([[1, 2, 0]], device=model.device)
    if layer is None:
        return False
    whole = model.base_model(input_ids=tokens, use_cache=False).last_hidden_state
    try:
        with at_places(layer, torch.tensor([2], device=model.device)):
            last = model.base_model(input_ids=tokens, use_cache=False).last_hidden_state
    except (TypeError, AttributeError, RuntimeError, ValueError):
        return False
    return agree(last[:, 2], whole[:, 2])
