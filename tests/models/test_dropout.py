"""Residual dropout comes and goes without a trace."""

import copy

import torch
from transformers import PreTrainedModel

from tutelage.models import set_dropout, spread
from tutelage.models.dropout import decoder_blocks

TOKENS = torch.tensor([[5, 6, 7, 8, 9, 10]])


def logits(model: PreTrainedModel, seed: int) -> torch.Tensor:
    torch.manual_seed(seed)
    with torch.no_grad():
        return model(TOKENS).logits


def test_it_is_on_in_training_off_in_evaluation_and_gone_at_zero(policy: PreTrainedModel) -> None:
    names, quiet = list(policy.state_dict()), logits(policy, 0)
    set_dropout(policy, 0.2)
    assert list(policy.state_dict()) == names
    torch.testing.assert_close(logits(policy.eval(), 0), quiet, atol=0, rtol=0)
    policy.train()
    noisy = logits(policy, 0)
    assert (noisy - quiet).abs().max() > 0.01
    torch.testing.assert_close(logits(policy, 0), noisy, atol=0, rtol=0)
    assert (logits(policy, 1) - noisy).abs().max() > 0.01
    set_dropout(policy, 0.0)
    torch.testing.assert_close(logits(policy, 0), quiet, atol=1e-6, rtol=0)


def test_setting_it_anew_replaces_it(policy: PreTrainedModel) -> None:
    set_dropout(policy, 0.9)
    once = copy.deepcopy(policy)
    set_dropout(policy, 0.2)
    set_dropout(policy, 0.9)
    torch.testing.assert_close(logits(policy.train(), 0), logits(once.train(), 0), atol=0, rtol=0)


def test_what_is_not_dropped_is_as_much_larger(policy: PreTrainedModel) -> None:
    """Of what a block's attention gives to the stream; its feed-forward layer gives nothing here."""
    block = decoder_blocks(policy)[0]
    with torch.no_grad():
        for weight in block.mlp.parameters():
            weight.zero_()

    def given() -> torch.Tensor:
        torch.manual_seed(0)
        with torch.no_grad():
            before, after, *_ = policy(TOKENS, output_hidden_states=True).hidden_states
        return after - before

    quiet = given()
    set_dropout(policy.train(), 0.5)
    noisy = given()
    kept = noisy != 0
    assert 0.3 < kept.float().mean() < 0.7
    torch.testing.assert_close(noisy[kept], 2 * quiet[kept], atol=1e-4, rtol=1e-4)


def test_whole_branches_are_what_is_dropped(llama: PreTrainedModel) -> None:
    set_dropout(
        llama, 1.0
    )  # both branches of every block vanish: the embedding goes to the last normalisation
    llama.train()
    with torch.no_grad():
        expected = llama.lm_head(llama.model.norm(llama.model.embed_tokens(TOKENS)))
        torch.testing.assert_close(llama(TOKENS).logits, expected)


def test_it_reaches_blocks_that_are_computed_again_with_the_same_masks(llama: PreTrainedModel) -> None:
    """The gradient is the slope of the loss under masks of one seed, so those of both computations are alike."""
    model = spread(llama, activation_checkpointing=True)
    set_dropout(model, 0.5)
    weight = model.get_input_embeddings().weight
    direction = torch.randn(weight.shape, generator=torch.Generator().manual_seed(1))

    def loss(step: float) -> torch.Tensor:
        torch.manual_seed(0)
        with torch.no_grad():
            weight.add_(direction, alpha=step)
        return model(TOKENS, use_cache=False).logits.logsumexp(-1).sum()

    whole = loss(0.0)
    model.train()
    dropped = loss(0.0)
    assert not torch.allclose(dropped, whole)
    dropped.backward()
    assert weight.grad is not None
    slope = (weight.grad * direction).sum()
    rise = loss(1e-3) - loss(-2e-3)
    torch.testing.assert_close(slope, rise / 2e-3, rtol=0.02, atol=0.02)
