"""Both estimators against hand arithmetic, properties and independent sums."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tutelage.functional import gae, leave_one_out

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
    assert torch.equal(result.baseline, torch.tensor([[1.0, 2.0, 3.0]]))
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


def test_leave_one_out_by_hand():
    # three samples of two prompts; sums 6, 3, 0 and 1, 1, -2; the others' means 1.5, 3, 4.5 and -.5, -.5, 1
    rewards = torch.tensor([[1.0, 5.0], [3.0, 9.0], [-1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [-2.0, 7.0]])
    mask = torch.tensor([[1, 1], [1, 0], [1, 1], [1, 1], [1, 1], [1, 0]])
    found = leave_one_out(rewards, mask, samples=3)
    assert found.advantages.tolist() == [[4.5, 4.5], [0, 0], [-4.5, -4.5], [1.5, 1.5], [1.5, 1.5], [-3, 0]]
    assert found.baseline.tolist() == [[1.5, 1.5], [3, 0], [4.5, 4.5], [-0.5, -0.5], [-0.5, -0.5], [1, 0]]
    assert found.returns.tolist() == [[6, 6], [3, 0], [0, 0], [1, 1], [1, 1], [-2, 0]]


@given(st.integers(2, 5), st.integers(1, 3), st.integers(0, 2**31))
def test_leave_one_out_is_the_distance_from_the_prompts_mean_enlarged(samples, prompts, seed):
    """R - (K·mean - R) / (K - 1) = K / (K - 1) · (R - mean), which adds up to 0 over a prompt's samples."""
    lengths = [1 + row % 6 for row in range(samples * prompts)]
    rewards, _, mask = batch(lengths, seed)
    firsts = leave_one_out(rewards, mask, samples).advantages[:, 0].numpy().reshape(prompts, samples)
    returns = (rewards * mask).sum(1).numpy().reshape(prompts, samples)
    expected = samples / (samples - 1) * (returns - returns.mean(1, keepdims=True))
    assert firsts == pytest.approx(expected, abs=1e-9)


def test_leave_one_out_never_looks_behind_the_end():
    rewards, _, mask = batch([2, 5, 3, 1], seed=1)
    expected = leave_one_out(rewards, mask, 2)
    found = leave_one_out(torch.where(mask.bool(), rewards, torch.nan), mask, 2)
    assert torch.equal(found.advantages, expected.advantages)
    assert torch.equal(found.returns, expected.returns)
    assert not found.advantages[mask == 0].any()


@pytest.mark.parametrize(("rows", "samples"), [(4, 1), (4, 3), (1, 2)])
def test_leave_one_out_needs_groups_of_two(rows, samples):
    with pytest.raises(ValueError, match="no groups"):
        leave_one_out(torch.zeros(rows, 2), torch.ones(rows, 2), samples)
