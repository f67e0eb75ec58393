"""Generalised advantage estimation against hand arithmetic, its two ends, and an independent sum."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tutelage.functional import gae

unit = st.floats(0, 1)
batches = st.tuples(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.integers(0, 2**31))


def batch(lengths, seed, width=7):
    generator = torch.Generator().manual_seed(seed)
    mask = (torch.arange(width) < torch.tensor(lengths)[:, None]).double()
    rewards, values = (
        torch.randn(len(lengths), width, generator=generator, dtype=torch.float64) for _ in range(2)
    )
    return rewards, values, mask


def gae_by_sums(rewards, values, gamma, lam):
    """One row without padding, by the double sum of the definition instead of the recursion."""
    following = np.append(values[1:], 0.0)
    surprises = rewards + gamma * following - values
    n = len(rewards)
    return np.array([sum((gamma * lam) ** (k - t) * surprises[k] for k in range(t, n)) for t in range(n)])


def test_by_hand():
    # δ = (1 + .5·2 - 1, 0 + .5·3 - 2, 4 - 3) = (1, -.5, 1); with γλ = .25: A2 = 1, A1 = -.25, A0 = .9375
    result = gae(
        torch.tensor([[1.0, 0.0, 4.0]]), torch.tensor([[1.0, 2.0, 3.0]]), torch.ones(1, 3), gamma=0.5, lam=0.5
    )
    assert torch.allclose(result.advantages, torch.tensor([[0.9375, -0.25, 1.0]]))
    assert torch.allclose(result.returns, torch.tensor([[1.9375, 1.75, 4.0]]))


@given(batches, unit, unit)
def test_recursion_equals_the_double_sum(lengths_and_seed, gamma, lam):
    rewards, values, mask = batch(*lengths_and_seed)
    advantages = gae(rewards, values, mask, gamma, lam).advantages
    for row, length in enumerate(lengths_and_seed[0]):
        expected = gae_by_sums(rewards[row, :length].numpy(), values[row, :length].numpy(), gamma, lam)
        assert advantages[row, :length].numpy() == pytest.approx(expected, abs=1e-9)
        assert not advantages[row, length:].any()


@given(batches, unit)
def test_lambda_1_is_the_discounted_return_minus_the_value(lengths_and_seed, gamma):
    rewards, values, mask = batch(*lengths_and_seed)
    returns = gae(rewards, values, mask, gamma, lam=1.0).returns
    for row, length in enumerate(lengths_and_seed[0]):
        for t in range(length):
            expected = sum(gamma ** (k - t) * float(rewards[row, k]) for k in range(t, length))
            assert float(returns[row, t]) == pytest.approx(expected, abs=1e-9)


@given(batches)
def test_lambda_0_is_the_one_step_surprise(lengths_and_seed):
    rewards, values, mask = batch(*lengths_and_seed)
    advantages = gae(rewards, values, mask, lam=0.0).advantages
    for row, length in enumerate(lengths_and_seed[0]):
        for t in range(length):
            following = float(values[row, t + 1]) if t + 1 < length else 0.0
            expected = float(rewards[row, t]) + following - float(values[row, t])
            assert float(advantages[row, t]) == pytest.approx(expected, abs=1e-9)


@given(batches, unit, unit, st.sampled_from([7.0, float("nan"), float("inf")]))
def test_what_stands_after_the_end_is_never_looked_at(lengths_and_seed, gamma, lam, garbage):
    rewards, values, mask = batch(*lengths_and_seed)
    clean = gae(rewards, values, mask, gamma, lam)
    after = mask == 0
    spoilt = gae(rewards.masked_fill(after, garbage), values.masked_fill(after, garbage), mask, gamma, lam)
    assert torch.equal(spoilt.advantages, clean.advantages)
    assert torch.equal(spoilt.returns, clean.returns)


def test_no_gradient_flows_into_the_targets():
    values = torch.randn(2, 3, requires_grad=True)
    assert not gae(torch.randn(2, 3), values, torch.ones(2, 3)).returns.requires_grad
