"""Passing a few at a time gives what passing all at once gives, in the same order."""

import pytest
import torch

from tutelage.data import Sequences
from tutelage.models import completion_logprobs, final_hidden_states
from tutelage.training.passes import per_completion, per_token


@pytest.fixture
def sequences():
    prompts = [[5, 6], [7, 8, 9, 10, 11], [12], [5, 5, 5], [9]]
    completions = [[3, 0], [4, 5, 6, 7, 0], [0], [8, 9, 0], [2, 2, 2, 2, 2, 2, 0]]
    return Sequences.of(prompts, completions, pad_id=1)


@pytest.mark.parametrize("budget", [1, 10, 1000])
def test_the_budget_changes_nothing(policy, sequences, budget):
    with torch.no_grad():
        whole = completion_logprobs(policy, sequences)
        states = final_hidden_states(policy, sequences)
    split = per_token(lambda part: completion_logprobs(policy, part), sequences, budget)
    assert torch.allclose(split, whole, atol=1e-6)
    parts = per_completion(lambda part: final_hidden_states(policy, part), sequences, budget)
    assert torch.allclose(parts, states, atol=1e-5)
    assert not split.requires_grad


def test_no_pass_holds_more_than_the_budget(policy, sequences):
    sizes = []
    policy.base_model.register_forward_pre_hook(
        lambda _, args, kwargs: sizes.append(kwargs["input_ids"].numel()), with_kwargs=True
    )
    per_token(lambda part: completion_logprobs(policy, part), sequences, token_budget=16)
    assert max(sizes) <= 16
