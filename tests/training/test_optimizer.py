"""Adam's settings and the two schedules at points known by hand."""

import pytest
import torch
from torch import nn

from tutelage.training.optimizer import (
    adam,
    cosine_to,
    set_learning_rate,
    warmup_constant,
)


def test_cosine_ends_at_its_fraction():
    factor = cosine_to(0.1, steps=10)
    assert [factor(0), factor(5), factor(10), factor(99)] == pytest.approx([1.0, 0.55, 0.1, 0.1])


def test_cosine_after_a_warm_up():
    factor = cosine_to(0.0, steps=12, warmup_steps=4)
    assert [factor(step) for step in (0, 1, 3, 4, 8, 12)] == pytest.approx([0.25, 0.5, 1.0, 1.0, 0.5, 0.0])


def test_the_papers_warm_up_starts_at_a_tenth():
    factor = warmup_constant(0.1, 10)
    assert [factor(step) for step in (0, 5, 10, 500)] == pytest.approx([0.1, 0.55, 1.0, 1.0])
    assert warmup_constant(0.1, 0)(0) == 1.0


def test_the_first_step_is_the_learning_rate_whatever_the_gradient():
    model = nn.Linear(2, 1, bias=False)
    before = model.weight.detach().clone()
    optimizer = adam(model, learning_rate=0.5, epsilon=1e-12)
    set_learning_rate(optimizer, 0.01)
    model.weight.grad = torch.tensor([[3.0, -7e-4]])
    optimizer.step()
    assert torch.allclose(model.weight.detach() - before, torch.tensor([[-0.01, 0.01]]))


def test_weight_decay_spares_vectors():
    model = nn.Linear(3, 3)
    weight, bias = model.weight.detach().clone(), model.bias.detach().clone()
    optimizer = adam(model, learning_rate=0.1, weight_decay=0.5)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    assert torch.allclose(model.weight, weight * (1 - 0.1 * 0.5))
    assert torch.equal(model.bias, bias)
