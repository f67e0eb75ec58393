"""The last block computes only what is read: its feed-forward layer looks at one token at a time, and what it makes of
tokens from which nothing is predicted reaches nothing.

That layer is the larger part of a block. A reward model is read at the last token of each completion, a policy where a
completion token is predicted (see `forward`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

import torch
from torch import Tensor, nn
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import CheckpointWrapper
from transformers import PreTrainedModel

from tutelage.models.evaluating import agree, found_once

FEED_FORWARD_NAMES = ("mlp", "feed_forward", "ffn")
"""What families call a block's feed-forward layer."""


@contextmanager
def read_only_at(model: PreTrainedModel, places: Tensor) -> Iterator[None]:
    """Inside, final states need be right only at these places of the flattened tokens, and may not be elsewhere.

    Where blocks are computed again for their gradient, after this is left, all are computed everywhere.
    """
    if recomputes(model) or not found_once(model, reads_single_tokens):
        yield
        return
    layer = last_feed_forward(model)
    assert layer is not None
    with at_places(layer, places.unique()):
        yield


def recomputes(model: PreTrainedModel) -> bool:
    """Whether blocks are computed again for their gradient, by transformers or by torch's own wrapper."""
    return model.is_activation_checkpointing or any(
        isinstance(each, CheckpointWrapper) for each in model.modules()
    )


@contextmanager
def at_places(layer: nn.Module, places: Tensor) -> Iterator[None]:
    """Inside, this thread's passes apply the layer to the tokens at these places; for all others it gives 0."""
    thread, shapes = get_ident(), []

    def choose(_: nn.Module, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
        if get_ident() != thread:
            return None
        [states] = arguments
        shapes.append(states.shape)
        return (states.flatten(0, -2)[None, places],)  # as one row, for some families count on rows

    def spread(_: nn.Module, __: object, outputs: Tensor) -> Tensor | None:
        if get_ident() != thread:
            return None
        shape = shapes.pop()
        everywhere = outputs.new_zeros(shape[:-1].numel(), outputs.shape[-1])
        return everywhere.index_put_((places,), outputs[0]).view(*shape[:-1], -1)

    handles = (layer.register_forward_pre_hook(choose), layer.register_forward_hook(spread))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


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
    tokens = torch.tensor([[1, 2, 0]], device=model.device)
    try:
        layer = last_feed_forward(model)
        if layer is None:
            return False
        whole = model.base_model(input_ids=tokens, use_cache=False).last_hidden_state
        with at_places(layer, torch.tensor([2], device=model.device)):
            last = model.base_model(input_ids=tokens, use_cache=False).last_hidden_state
    except (TypeError, AttributeError, RuntimeError, ValueError):
        return False
    return agree(last[:, 2], whole[:, 2])
