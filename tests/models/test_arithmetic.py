"""Precision of matrix products: rounding where it is asked for, and no stale weight after an update."""

import sys

import pytest
import torch

from tutelage.models import Architecture, arithmetic, new_policy, unchanging_weights
from tutelage.models.arithmetic import faster_precision, seconds

CPU = torch.device("cpu")
TOKENS = torch.tensor([[3, 4, 5, 6]])


@pytest.fixture
def model():
    shape = Architecture(
        hidden_size=16, layers=2, heads=2, intermediate_size=32, vocabulary_size=24, context=16
    )
    return new_policy(shape, seed=0, eos_token_id=1, pad_token_id=0).eval()


def test_fp32_changes_nothing_and_bf16_rounds(model):
    plain = model(TOKENS).logits
    with arithmetic("fp32", CPU):
        assert torch.equal(model(TOKENS).logits, plain)
    with arithmetic("bf16", CPU):
        rounded = model(TOKENS).logits
    assert rounded.dtype == torch.bfloat16
    assert not torch.equal(rounded.float(), plain)
    assert torch.allclose(rounded.float(), plain, atol=0.02)


def test_bf16_sees_every_update_of_the_weights(model):
    with arithmetic("bf16", CPU):
        before = model(TOKENS).logits
        with unchanging_weights(), torch.inference_mode():
            assert torch.equal(model(TOKENS).logits, before)
            assert torch.equal(model(TOKENS).logits, before)
        with torch.no_grad():
            for weight in model.parameters():
                weight.mul_(1.5)
        after = model(TOKENS).logits
        model(
            TOKENS
        ).logits.float().sum().backward()  # casts made for sampling do not stand in a gradient's way
    assert not torch.equal(before, after)
    assert all(weight.grad is not None for weight in model.parameters())


@pytest.mark.parametrize(
    ("spent", "expected"),
    [((4.0, 1.0), torch.bfloat16), ((1.0, 1.0), torch.float32), ((1.0, 2.0), torch.float32)],
)
def test_auto_is_the_precision_that_the_device_multiplies_faster_in(model, monkeypatch, spent, expected):
    def timed(square):
        return spent[square.dtype == torch.bfloat16]

    monkeypatch.setattr(sys.modules[faster_precision.__module__], "seconds", timed)
    with arithmetic("auto", CPU):
        assert model(TOKENS).logits.dtype == expected


def test_products_are_timed():
    assert 0 < seconds(torch.ones(8, 8)) < 1
