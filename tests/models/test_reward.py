"""Reward and value models made from a policy."""

from pathlib import Path

import pytest
import torch
from transformers import CodeGenConfig, CodeGenForCausalLM, PreTrainedModel

from tutelage.data.tokens import Sequences
from tutelage.models import (
    final_hidden_states,
    final_scores,
    load_reward_model,
    reward_model_from,
    token_values,
    value_model_from,
)
from tutelage.models.layout import packs
from tutelage.schema import InputError


def test_the_backbone_is_a_copy_and_the_head_is_zero(policy: PreTrainedModel, sequences: Sequences) -> None:
    model = reward_model_from(policy)
    with torch.no_grad():
        expected = final_hidden_states(policy, sequences)
        assert not final_scores(model, sequences).any()
        for weight in policy.parameters():
            weight.zero_()
        torch.testing.assert_close(final_hidden_states(model, sequences), expected, atol=0, rtol=0)


def test_there_is_no_dropout_even_in_training(policy: PreTrainedModel, sequences: Sequences) -> None:
    model = reward_model_from(policy.train())
    torch.nn.init.normal_(model.score.weight)
    with torch.no_grad():
        quiet = final_scores(model, sequences)
        torch.testing.assert_close(final_scores(model.train(), sequences), quiet, atol=0, rtol=0)


def test_making_one_draws_nothing(llama: PreTrainedModel) -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    reward_model_from(llama)
    torch.testing.assert_close(torch.rand(2), expected, atol=0, rtol=0)


def test_the_head_stays_in_fp32_beside_a_bf16_backbone(llama: PreTrainedModel, sequences: Sequences) -> None:
    model = reward_model_from(llama.to(torch.bfloat16))
    assert (model.dtype, model.score.weight.dtype) == (torch.bfloat16, torch.float32)
    assert final_scores(model, sequences).dtype == torch.float32


def test_the_value_model_starts_as_the_reward_model_and_goes_its_own_way(
    llama: PreTrainedModel, sequences: Sequences
) -> None:
    reward_model = reward_model_from(llama)
    torch.nn.init.normal_(reward_model.score.weight)
    value_model = value_model_from(reward_model)
    with torch.no_grad():
        scores = final_scores(reward_model, sequences)
        torch.testing.assert_close(final_scores(value_model, sequences), scores, atol=0, rtol=0)
        value_model.score.weight.zero_()
        assert not token_values(value_model, sequences).any()
        torch.testing.assert_close(final_scores(reward_model, sequences), scores, atol=0, rtol=0)


def test_a_policy_folder_is_no_reward_model(policy: PreTrainedModel, tmp_path: Path) -> None:
    policy.save_pretrained(tmp_path)
    with pytest.raises(InputError, match="no scalar head"):
        load_reward_model(tmp_path)


def test_a_family_without_a_classifier_is_named() -> None:
    config = CodeGenConfig(vocab_size=20, n_positions=16, n_embd=16, n_layer=1, n_head=4, rotary_dim=4)
    with pytest.raises(InputError, match="codegen"):
        reward_model_from(CodeGenForCausalLM(config))


def test_a_model_made_from_a_policy_that_packs_packs_too(llama: PreTrainedModel) -> None:
    reward_model = reward_model_from(llama)
    assert packs(llama)
    assert packs(reward_model)
    assert packs(value_model_from(reward_model))
