"""Where the reward of a token comes from: the KL penalty on each, the score on the last."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tutelage.functional import (
    adapted_kl_coefficient,
    kl_penalized_rewards,
    last_tokens,
    log_ratio_kl,
    nonnegative_kl,
)


def test_rewards_by_hand():
    logprobs = torch.tensor([[-1.0, -2.0, -3.0], [-1.0, -1.0, -1.0]])
    reference = torch.tensor([[-1.5, -1.0, -3.0], [-2.0, -9.0, -9.0]])
    mask = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    rewards = kl_penalized_rewards(torch.tensor([2.0, -1.0]), logprobs, reference, mask, 0.1)
    # Row 0: -0.1·0.5, -0.1·(-1), -0.1·0 + 2. Row 1: -0.1·1 - 1, then nothing.
    assert torch.allclose(rewards, torch.tensor([[-0.05, 0.1, 2.0], [-1.1, 0.0, 0.0]]))


@given(st.lists(st.integers(1, 7), min_size=1, max_size=6), st.floats(0, 1))
def test_the_score_lands_on_the_last_token_and_nothing_after_it(lengths, coefficient):
    width = 8
    mask = (torch.arange(width) < torch.tensor(lengths)[:, None]).float()
    scores = torch.arange(1.0, len(lengths) + 1)
    same = torch.randn(len(lengths), width).masked_fill(mask == 0, float("nan"))
    rewards = kl_penalized_rewards(scores, same, same, mask, coefficient)
    for row, length in enumerate(lengths):
        assert rewards[row].nonzero().flatten().tolist() == [length - 1]
        assert rewards[row, length - 1] == scores[row]


def test_the_score_finds_the_last_token_behind_a_prompt_too():
    mask = torch.tensor([[0, 0, 1, 1, 0], [0, 1, 1, 1, 1]])
    assert last_tokens(mask).tolist() == [
        [False, False, False, True, False],
        [False, False, False, False, True],
    ]


def test_the_sum_of_rewards_is_the_objective():
    """r(x, y) - β log π(y|x)/π_ref(y|x), the quantity the paper maximises (eq. 2)."""
    logprobs, reference, scores = -torch.rand(3, 4), -torch.rand(3, 4), torch.randn(3)
    rewards = kl_penalized_rewards(scores, logprobs, reference, torch.ones(3, 4), 0.02)
    objective = scores - 0.02 * (logprobs.sum(1) - reference.sum(1))
    assert torch.allclose(rewards.sum(1), objective, atol=1e-6)


def test_a_completion_without_tokens_is_refused():
    with pytest.raises(ValueError, match="without a single token"):
        kl_penalized_rewards(
            torch.zeros(2), torch.zeros(2, 3), torch.zeros(2, 3), torch.tensor([[1, 1, 0], [0, 0, 0]]), 0.1
        )


def test_both_estimators_have_the_divergence_as_their_mean():
    policy, reference = torch.tensor([0.5, 0.3, 0.2]).double(), torch.tensor([0.2, 0.2, 0.6]).double()
    divergence = 0.5 * math.log(2.5) + 0.3 * math.log(1.5) + 0.2 * math.log(1 / 3)
    ones = torch.ones(1, 3)
    for estimator in (log_ratio_kl, nonnegative_kl):
        per_token = estimator(policy.log()[None], reference.log()[None], ones)[0]
        assert float((policy * per_token).sum()) == pytest.approx(divergence)


def test_only_one_estimator_is_negative_at_times():
    logprobs, reference, mask = torch.tensor([[-2.0, -1.0]]), torch.tensor([[-1.0, -1.0]]), torch.ones(1, 2)
    assert log_ratio_kl(logprobs, reference, mask).tolist() == [[-1.0, 0.0]]
    assert nonnegative_kl(logprobs, reference, mask)[0].tolist() == pytest.approx([math.e - 2, 0.0])


@pytest.mark.parametrize(
    ("kl", "expected"), [(6.0, 0.02), (6.6, 0.0202), (60.0, 0.0204), (5.4, 0.0198), (-3.0, 0.0196)]
)
def test_an_adapted_coefficient_by_hand(kl, expected):
    """A tenth of the horizon: a tenth of the error, which counts as a fifth at most."""
    found = adapted_kl_coefficient(0.02, kl, target=6.0, episodes=512, horizon=5120)
    assert found == pytest.approx(expected)
