"""The length of a gradient, and cutting it."""

import pytest
import torch
from torch import nn

from tutelage.training.gradients import added_gradient_norm, clip_gradient, copied_gradient, gradient_norm


def test_gradient_lengths():
    model = nn.Linear(1, 1)
    model.weight.grad, model.bias.grad = torch.tensor([[3.0]]), torch.tensor([4.0])
    assert gradient_norm(model) == pytest.approx(5.0)
    before = copied_gradient(model)
    model.weight.grad += 5.0
    model.bias.grad += 12.0
    assert added_gradient_norm(model, before) == pytest.approx(13.0)
    assert clip_gradient(model, None) == pytest.approx((8**2 + 16**2) ** 0.5)
    assert clip_gradient(model, 1.0) == pytest.approx((8**2 + 16**2) ** 0.5)
    assert gradient_norm(model) == pytest.approx(1.0, abs=1e-4)
