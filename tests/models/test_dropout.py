"""Residual dropout comes and goes without a trace."""

import copy

import torch
from transformers import PreTrainedModel

from tutelage.models import set_dropout

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


def test_whole_branches_are_what_is_dropped(llama: PreTrainedModel) -> None:
    set_dropout(
        llama, 1.0
    )  # both branches of every block vanish: the embedding goes to the last normalisation
    llama.train()
    with torch.no_grad():
        expected = llama.lm_head(llama.model.norm(llama.model.embed_tokens(TOKENS)))
        torch.testing.assert_close(llama(TOKENS).logits, expected)
