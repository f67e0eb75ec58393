"""The last feed-forward layer at some tokens only: the same numbers and gradients there."""

import threading

import pytest
import torch
from tests.models.conftest import sharpened
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper
from transformers import MixtralConfig, MixtralForCausalLM, OPTConfig, OPTForCausalLM, PreTrainedModel

from tutelage.data.tokens import Sequences
from tutelage.models import completion_logprobs, final_scores, reward_model_from
from tutelage.models import forward as forward_passes
from tutelage.models.narrowing import at_places, last_feed_forward, read_only_at


@pytest.fixture
def everywhere(monkeypatch):
    """A way to switch the narrowing off."""

    def switch_off():
        from contextlib import nullcontext

        monkeypatch.setattr(forward_passes, "read_only_at", lambda *_: nullcontext())

    return switch_off


def measured(model, sequences, ask):
    model.zero_grad()
    numbers = ask(model, sequences)
    (numbers * torch.linspace(0.5, 1.5, numbers.numel()).view_as(numbers)).sum().backward()
    return numbers.detach(), {name: weight.grad for name, weight in model.named_parameters()}


def hold_equal(model, sequences, ask, everywhere, atol):
    """The numbers within `atol` and every gradient are those of the layer applied everywhere."""
    narrow, gradients = measured(model, sequences, ask)
    everywhere()
    whole, expected = measured(model, sequences, ask)
    assert torch.allclose(narrow, whole, atol=atol)
    for name, gradient in expected.items():
        assert torch.allclose(gradients[name], gradient, atol=1e-5), name


def test_numbers_and_gradients_of_a_policy(policy: PreTrainedModel, sequences: Sequences, everywhere):
    hold_equal(policy, sequences, completion_logprobs, everywhere, atol=1e-6)


def test_numbers_and_gradients_of_a_reward_model(llama: PreTrainedModel, sequences: Sequences, everywhere):
    model = reward_model_from(llama)
    torch.nn.init.normal_(model.score.weight)
    hold_equal(model, sequences, final_scores, everywhere, atol=1e-5)


def test_the_layer_sees_each_token_that_is_read_once(policy: PreTrainedModel):
    layer, seen = last_feed_forward(policy), []
    tokens, whole_forward = torch.arange(12).view(2, 6), layer.forward

    def watched(states):
        seen.append(states.shape)
        return whole_forward(states)

    with read_only_at(policy, torch.tensor([0])):
        pass  # tries the model
    layer.forward = watched
    with read_only_at(policy, torch.tensor([3, 7, 3])):
        narrow = policy.base_model(input_ids=tokens, use_cache=False).last_hidden_state
    assert [shape[:-1].numel() for shape in seen] == [2]
    whole = policy.base_model(input_ids=tokens, use_cache=False).last_hidden_state
    assert torch.allclose(narrow.flatten(0, 1)[[3, 7]], whole.flatten(0, 1)[[3, 7]], atol=1e-6)
    assert [shape[:-1].numel() for shape in seen] == [2, 12]


def test_a_layer_goes_on_as_it_was_after_an_error_too(llama: PreTrainedModel):
    layer = last_feed_forward(llama)
    assert layer is not None
    with pytest.raises(KeyError), at_places(layer, torch.tensor([0])):
        raise KeyError
    assert not layer._forward_hooks
    assert not layer._forward_pre_hooks


def test_another_threads_passes_are_whole(llama: PreTrainedModel):
    tokens, found = torch.arange(12).view(2, 6), []

    def whole_pass():
        found.append(llama.base_model(input_ids=tokens, use_cache=False).last_hidden_state)

    whole_pass()
    with read_only_at(llama, torch.tensor([3])):
        other = threading.Thread(target=whole_pass)
        other.start()
        other.join()
    assert torch.equal(*found)


@pytest.mark.parametrize("wrap", [False, True], ids=["transformers", "torch"])
def test_blocks_that_are_computed_again_are_computed_everywhere(llama: PreTrainedModel, sequences, wrap):
    expected = completion_logprobs(llama, sequences).detach()
    if wrap:
        llama.model.layers[1] = checkpoint_wrapper(llama.model.layers[1])
    else:
        llama.train()
        llama.activation_checkpointing_enable()
    logprobs = completion_logprobs(llama, sequences)
    logprobs.sum().backward()
    assert torch.allclose(logprobs.detach(), expected, atol=1e-6)


SIZES = {"vocab_size": 50, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}


@pytest.mark.parametrize(
    "model",
    [
        OPTForCausalLM(OPTConfig(**SIZES, ffn_dim=48, word_embed_proj_dim=32)),
        MixtralForCausalLM(
            MixtralConfig(**SIZES, intermediate_size=48, num_key_value_heads=2, num_local_experts=4)
        ),
    ],
    ids=["without a layer of that name", "experts"],
)
def test_other_families_are_read_rightly_too(model: PreTrainedModel):
    sharpened(model)
    tokens = torch.arange(2, 14).view(2, 6)
    with torch.no_grad():
        with read_only_at(model, torch.tensor([4, 9])):
            narrow = model.base_model(input_ids=tokens, use_cache=False).last_hidden_state
        whole = model.base_model(input_ids=tokens, use_cache=False).last_hidden_state
    assert torch.allclose(narrow.flatten(0, 1)[[4, 9]], whole.flatten(0, 1)[[4, 9]], atol=1e-5)
