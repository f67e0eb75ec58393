"""Chunked log-probabilities against the whole matrix of logits at once."""

import pytest
import torch
from tests.models.conftest import gemma2, gemma3
from torch import Tensor, nn
from transformers import PreTrainedModel

from tutelage.data.tokens import Sequences
from tutelage.models import completion_logprobs, row_logprobs, unembedding


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most two tokens' logits at once, in these tests' vocabulary of 50."""
    monkeypatch.setattr(unembedding, "CHUNK", 100)


def gradients(value: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad((value * torch.arange(1.0, len(value) + 1)).sum(), inputs)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_chunks_change_neither_numbers_nor_gradients(
    bias: bool, temperature: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    head = nn.Linear(8, 50, bias=bias)
    states, tokens = torch.randn(7, 8, requires_grad=True), torch.randint(50, (7,))
    whole = unembedding.state_logprobs(head, states, tokens, temperature)
    expected = torch.log_softmax(head(states) / temperature, -1)[torch.arange(7), tokens]
    torch.testing.assert_close(whole, expected)
    monkeypatch.setattr(unembedding, "CHUNK", 100)
    chunked = unembedding.state_logprobs(head, states, tokens, temperature)
    torch.testing.assert_close(chunked, expected)
    inputs = (states, *head.parameters())
    for got, wanted in zip(gradients(chunked, *inputs), gradients(expected, *inputs), strict=True):
        torch.testing.assert_close(got, wanted)


@pytest.mark.usefixtures("small_chunks")
def test_no_more_logits_than_a_chunk_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    plain = unembedding._logits

    def counted(*given: object) -> Tensor:
        made.append(plain(*given).numel())  # type: ignore[arg-type]
        return plain(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(unembedding, "_logits", counted)
    head, states = nn.Linear(8, 50), torch.randn(7, 8, requires_grad=True)
    unembedding.state_logprobs(head, states, torch.randint(50, (7,))).sum().backward()
    assert max(made) <= 100
    assert len(made) == 2 * 4  # once for the numbers, once for the gradient


def test_logits_that_are_squeezed_afterwards_are_left_to_the_family() -> None:
    assert unembedding.plain_unembedding(gemma2()) is None
    plain = gemma3()
    assert unembedding.plain_unembedding(plain) is plain.lm_head
    plain.config.final_logit_softcapping = 4.0
    assert unembedding.plain_unembedding(plain) is None


def test_passes_of_whole_models_are_the_same_in_chunks(
    policy: PreTrainedModel, sequences: Sequences, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = torch.tensor([[5, 9, 7, 12, 3], [2, 2, 8, 49, 1]])

    def measured() -> tuple[Tensor, Tensor, list[Tensor]]:
        policy.zero_grad()
        logprobs, of_rows = completion_logprobs(policy, sequences), row_logprobs(policy, rows)
        (logprobs.sum() + of_rows.sum()).backward()
        return logprobs, of_rows, [weight.grad.clone() for weight in policy.parameters()]

    whole = measured()
    monkeypatch.setattr(unembedding, "CHUNK", 100)
    for got, wanted in zip(measured()[:2], whole[:2], strict=True):
        torch.testing.assert_close(got, wanted, atol=1e-5, rtol=1e-5)
    for got, wanted in zip(measured()[2], whole[2], strict=True):
        torch.testing.assert_close(got, wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.usefixtures("small_chunks")
def test_bf16_products_in_chunks_are_those_of_autocast() -> None:
    torch.manual_seed(0)
    head = nn.Linear(8, 50, bias=False)
    states, tokens = torch.randn(7, 8, requires_grad=True), torch.randint(50, (7,))
    with torch.autocast("cpu", torch.bfloat16):
        chunked = unembedding.state_logprobs(head, states, tokens)
        expected = torch.log_softmax(head(states).float(), -1)[torch.arange(7), tokens]
    torch.testing.assert_close(chunked, expected, atol=1e-6, rtol=0)
    for got, wanted in zip(
        gradients(chunked, states, head.weight), gradients(expected, states, head.weight), strict=True
    ):
        torch.testing.assert_close(got, wanted, atol=0.02, rtol=0.02)
