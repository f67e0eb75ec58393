"""Unit variance over real tokens, with and without taking the mean away."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tutelage.functional import masked_mean, scale, standardize

MASK = torch.tensor([[1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0]])
REAL = np.array([1.0, 2.0, 6.0, -3.0, 4.0])
X = torch.tensor([[1.0, 2.0, 6.0, 1e9], [-3.0, 4.0, float("nan"), float("inf")]])


def test_standardize_against_numpy():
    result = standardize(X, MASK)
    assert result[MASK.bool()].numpy() == pytest.approx((REAL - REAL.mean()) / REAL.std(), rel=1e-6)
    assert not result[MASK == 0].any()


def test_scale_against_numpy():
    result = scale(X, MASK)
    assert result[MASK.bool()].numpy() == pytest.approx(REAL / REAL.std(), rel=1e-6)
    assert not result[MASK == 0].any()


def test_scale_keeps_zero_rewards_zero_and_signs():
    rewards = torch.tensor([[0.0, 0.0, 3.0], [0.0, -1.0, 0.0]])
    assert torch.equal(scale(rewards, torch.ones(2, 3)).sign(), rewards.sign())


@given(st.floats(0.01, 100), st.floats(-5, 5), st.integers(0, 2**31))
def test_standardize_forgets_shift_and_scale(factor, shift, seed):
    x = torch.randn(3, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]])
    assert torch.allclose(standardize(factor * x + shift, mask), standardize(x, mask), atol=1e-6)
    assert torch.allclose(scale(factor * x, mask), scale(x, mask), atol=1e-6)


@pytest.mark.parametrize("constant", [0.0, 0.1, -5.0, 1e6])
def test_constants_are_not_blown_up(constant):
    x, mask = torch.full((2, 3), constant), torch.ones(2, 3)
    assert torch.equal(scale(x, mask), x)
    assert torch.allclose(standardize(x, mask), torch.zeros(2, 3))


def test_mean_is_over_all_rows_together():
    # Rows of 3 and 1 real tokens: (1 + 2 + 6 - 3) / 4, not the mean of the rows' means.
    assert float(masked_mean(X, torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0]]))) == pytest.approx(1.5)
    assert float(masked_mean(X, torch.zeros(2, 4))) == 0.0
