"""Shifting a reward model so that the labelers' demonstrations score 0 on average (§3.5).

The heads of transformers' sequence classifiers have no bias, and a folder must score the same in any tool, so the
constant is put into the head's weights: final states have a large component in common, along which a change of
the weights moves all scores alike.
"""

import torch
from torch import Tensor
from transformers import PreTrainedModel

from tutelage.models.forward import scalar_head
from tutelage.models.sharding import gathered_tensor, laid_out_as
from tutelage.schema import RunError

# Ridge penalty as a fraction of the states' mean square: keeps the shift constant on states not seen here.
RIDGE = 1e-3


def center_scores(reward_model: PreTrainedModel, hidden: Tensor, target_rows: Tensor) -> float:
    """Change the head so that the target rows (the demonstrations) score 0 on average; all else moves alike.

    hidden: (N, hidden size) final states (`final_hidden_states`) of demonstrations and other completions.
    target_rows: indices (or a mask) of the demonstrations among them.
    Returns the standard deviation, over all rows, of the shift: how far it is from a constant, in units of score.
    """
    weight = next(scalar_head(reward_model).parameters())
    head = gathered_tensor(weight.detach()).double()[0]
    states = hidden.detach().double()
    shift = -(states[target_rows] @ head).mean()
    count, size = states.shape
    gram = states.T @ states / count
    ridge = RIDGE * gram.diagonal().mean() * torch.eye(size, dtype=gram.dtype, device=gram.device)
    direction = torch.linalg.solve(gram + ridge, states.mean(0))  # scores near 1 on every row
    response = states @ direction
    if not response[target_rows].mean() > 0.1:
        raise RunError(
            "the reward model's final states have nothing in common along which to centre its scores",
            remedy="look at the reward model's training curve: it has probably diverged",
        )
    direction = direction * shift / response[target_rows].mean()
    with torch.no_grad():
        weight.add_(laid_out_as(weight, direction[None].to(weight.dtype)))
    return float((states @ direction).std(correction=0))
