"""Log-probabilities of tokens, the entropy of a choice, and the shape checks that hold while tests run."""

import math

import pytest
import torch
from jaxtyping import TypeCheckError

from tutelage.functional import binary_choice_entropy, gae, token_logprobs


def test_logprobs_by_hand():
    logits = torch.tensor([[[0.0, math.log(3)], [math.log(4), 0.0]]])  # probabilities 1/4, 3/4 and 4/5, 1/5
    result = token_logprobs(logits, torch.tensor([[1, 1]]))
    assert result.exp()[0].tolist() == pytest.approx([3 / 4, 1 / 5])


def test_temperature_divides_the_logits():
    logits = torch.tensor([[[0.0, 2 * math.log(3)]]])
    assert token_logprobs(logits, torch.tensor([[1]]), temperature=2.0).exp().item() == pytest.approx(3 / 4)


def test_probabilities_sum_to_one_at_any_temperature():
    logits = torch.randn(1, 1, 7).expand(1, 7, 7)
    for temperature in (0.3, 1.0, 4.0):
        total = token_logprobs(logits, torch.arange(7)[None], temperature).exp().sum()
        assert total.item() == pytest.approx(1.0)


def test_half_precision_logits_give_full_precision_logprobs():
    assert token_logprobs(torch.randn(1, 2, 5).bfloat16(), torch.tensor([[0, 1]])).dtype == torch.float32


@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_greedy_sampling_has_no_logprobs(temperature):
    with pytest.raises(ValueError, match="positive temperature"):
        token_logprobs(torch.zeros(1, 1, 2), torch.tensor([[0]]), temperature)


def test_entropy_of_a_choice_by_hand():
    a = torch.tensor([-10.0, math.log(3) - 700.0, 0.0, -2000.0])
    b = torch.tensor([-10.0, -700.0, -2000.0, 0.0])
    quarter = 0.75 * math.log2(4 / 3) + 0.25 * 2
    assert binary_choice_entropy(a, b).tolist() == pytest.approx([1.0, quarter, 0.0, 0.0], abs=1e-5)


def test_shapes_are_checked_while_tests_run():
    with pytest.raises(TypeCheckError):
        gae(torch.zeros(2, 3), torch.zeros(2, 4), torch.ones(2, 3))
