"""Passes that train nothing: the model without dropout and without updates, and questions asked of it once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from transformers import PreTrainedModel

from tutelage.models.adapters import switch_on
from tutelage.models.arithmetic import unchanging_weights

CLOSE = 1e-3
"""Of the largest number: another order of summation stays far below it, a term left out does not."""
FOUND = "found_"
"""What names of a model's memories begin with."""


@contextmanager
def evaluating(model: PreTrainedModel) -> Iterator[None]:
    """The model without dropout and without updates inside the block, and as it was after it."""
    training = model.training
    switch_on(model)
    model.eval()
    try:
        with unchanging_weights():
            yield
    finally:
        model.train(training)


def found_once(model: PreTrainedModel, ask: Callable[[PreTrainedModel], bool]) -> bool:
    """What `ask` finds out by passes of the model, in 32-bit floats; the model and its copies remember the answer.

    For what a family does, which no list of names can hold, and not for what its weights are.
    """
    memory = FOUND + ask.__name__
    if not hasattr(model, memory):
        device = model.device.type
        with evaluating(model), torch.no_grad(), torch.autocast(device, enabled=False):
            setattr(model, memory, ask(model))
    return bool(getattr(model, memory))


def agree(found: Tensor, expected: Tensor) -> bool:
    """Whether two ways to the same numbers, in 32-bit floats, give the same."""
    return found.shape == expected.shape and bool(
        (found - expected).abs().max() <= CLOSE * expected.abs().max()
    )
