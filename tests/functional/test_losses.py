"""PPO's two clipped losses: by hand, by numpy, and where their gradients vanish."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tutelage.functional import policy_loss, truncated_importance_weights, value_loss

seeds = st.integers(0, 2**31)


def random_batch(seed, count, width=5):
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, width + 1, (3, 1), generator=generator)
    mask = (torch.arange(width) < lengths).double()
    return mask, [torch.randn(3, width, generator=generator, dtype=torch.float64) for _ in range(count)]


def test_policy_loss_by_hand():
    # Ratios 2, 0.5, 1 with advantages 1, 1, -3: min(2, 1.2), min(.5, .8), -3 -> mean of (1.2, .5, -3),
    # negated.
    old = torch.zeros(1, 3)
    result = policy_loss(
        torch.tensor([[math.log(2), math.log(0.5), 0.0]]),
        old,
        torch.tensor([[1.0, 1.0, -3.0]]),
        torch.ones(1, 3),
    )
    assert float(result.loss) == pytest.approx(1.3 / 3)
    assert float(result.clip_fraction) == pytest.approx(1 / 3)
    # ρ - 1 - log ρ, the mean over the three
    assert float(result.approximate_kl) == pytest.approx(
        ((1 - math.log(2)) + (-0.5 + math.log(2)) + 0) / 3, abs=1e-6
    )


@given(seeds, st.floats(0.05, 0.5))
def test_policy_loss_against_numpy(seed, clip):
    mask, (logprobs, old, advantages) = random_batch(seed, 3)
    real = mask.bool().numpy()
    ratio, advantage = np.exp((logprobs - old).numpy()[real]), advantages.numpy()[real]
    expected = -np.minimum(ratio * advantage, np.clip(ratio, 1 - clip, 1 + clip) * advantage).mean()
    assert float(policy_loss(logprobs, old, advantages, mask, clip).loss) == pytest.approx(expected)


def test_the_first_update_is_a_plain_policy_gradient():
    mask, (logprobs, advantages) = random_batch(3, 2)
    logprobs.requires_grad_()
    result = policy_loss(logprobs, logprobs.detach(), advantages, mask)
    result.loss.backward()
    assert logprobs.grad is not None
    assert torch.allclose(logprobs.grad, -advantages * mask / mask.sum())
    assert float(result.clip_fraction) == 0.0
    assert float(result.approximate_kl) == 0.0


def test_policy_gradient_vanishes_exactly_where_the_clip_holds():
    # Ratio above or below the range, advantage of either sign: held only where the objective would still
    # gain.
    log_ratios = torch.tensor([[0.5, 0.5, -0.5, -0.5, 0.05]], requires_grad=True)
    advantages = torch.tensor([[1.0, -1.0, 1.0, -1.0, 1.0]])
    result = policy_loss(log_ratios, torch.zeros(1, 5), advantages, torch.ones(1, 5))
    result.loss.backward()
    assert log_ratios.grad is not None
    assert (log_ratios.grad[0] == 0).tolist() == [True, False, False, True, False]
    assert float(result.clip_fraction) == pytest.approx(2 / 5)


def test_value_loss_by_hand():
    # Old value 0, clip .2. Token 0: value 1, return 1: errors 0 and (.2 - 1)² = .64. Token 1: value .1,
    # return 1: .81 twice.
    result = value_loss(torch.tensor([[1.0, 0.1]]), torch.zeros(1, 2), torch.ones(1, 2), torch.ones(1, 2))
    assert float(result.loss) == pytest.approx(0.5 * (0.64 + 0.81) / 2)
    assert float(result.clip_fraction) == pytest.approx(0.5)


@given(seeds, st.floats(0.05, 1.0))
def test_value_loss_against_numpy(seed, clip):
    mask, (values, old, returns) = random_batch(seed, 3)
    real = mask.bool().numpy()
    v, o, r = (x.numpy()[real] for x in (values, old, returns))
    held = np.clip(v, o - clip, o + clip)
    expected = np.mean([max(a, b) for a, b in zip((v - r) ** 2, (held - r) ** 2, strict=True)]) / 2
    assert float(value_loss(values, old, returns, mask, clip).loss) == pytest.approx(expected)


def test_value_gradient_vanishes_where_the_value_has_moved_far_enough():
    values = torch.tensor([[0.5, 0.1, -0.5]], requires_grad=True)
    value_loss(values, torch.zeros(1, 3), torch.ones(1, 3), torch.ones(1, 3)).loss.backward()
    assert values.grad is not None
    assert (values.grad[0] == 0).tolist() == [True, False, False]


@pytest.mark.parametrize("garbage", [5.0, float("nan"), float("inf")])
def test_padding_changes_neither_losses_nor_gradients(garbage):
    mask, (fresh, old, target) = random_batch(11, 3)
    for loss in (policy_loss, value_loss):
        gradients = []
        for filling in (0.0, garbage):
            inputs = [x.masked_fill(mask == 0, filling) for x in (fresh, old, target)]
            inputs[0].requires_grad_()
            result = loss(*inputs, mask)
            result.loss.backward()
            assert inputs[0].grad is not None
            gradients.append((result.loss.detach(), inputs[0].grad))
        assert torch.equal(gradients[0][0], gradients[1][0])
        assert torch.equal(gradients[0][1], gradients[1][1])


def test_importance_weights_by_hand():
    # ratios 1.5, 0.25 and 4, which the cap holds at 2; what stands after the end, even NaN, is 0
    ours = torch.tensor([[math.log(0.3), math.log(0.1), math.log(0.8), math.nan]], requires_grad=True)
    sampler = torch.tensor([[math.log(0.2), math.log(0.4), math.log(0.2), 0.0]])
    weights = truncated_importance_weights(ours, sampler, torch.tensor([[1, 1, 1, 0]]), cap=2.0)
    assert weights[0].tolist() == pytest.approx([1.5, 0.25, 2.0, 0.0])
    assert not weights.requires_grad


def test_importance_multiplies_each_tokens_loss_and_gradient():
    # the case of test_policy_loss_by_hand: objectives 1.2, .5 and -3
    log_ratios = torch.tensor([[math.log(2), math.log(0.5), 0.0]])
    advantages, ones = torch.tensor([[1.0, 1.0, -3.0]]), torch.ones(1, 3)
    importance = torch.tensor([[2.0, 0.5, 1.5]])
    result = policy_loss(log_ratios, torch.zeros(1, 3), advantages, ones, importance=importance)
    assert float(result.loss) == pytest.approx(-(2.4 + 0.25 - 4.5) / 3)
    gradients = []
    for weights in (torch.ones(1, 3), importance):
        logprobs = log_ratios.clone().requires_grad_()
        policy_loss(logprobs, torch.zeros(1, 3), advantages, ones, importance=weights).loss.backward()
        gradients.append(logprobs.grad)
    assert torch.allclose(gradients[1], importance * gradients[0])
    assert gradients[0].count_nonzero() == 2


def test_the_gradient_under_importance_is_that_of_differences():
    mask, (logprobs, old, advantages, sampler) = random_batch(5, 4)
    weights = truncated_importance_weights(old, sampler, mask, cap=2.0)

    def loss(logprobs):
        return policy_loss(logprobs, old, advantages, mask, importance=weights).loss

    assert torch.autograd.gradcheck(loss, logprobs.requires_grad_())
