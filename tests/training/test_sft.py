"""Fine-tuning: loss on completions only, every epoch kept, dropout while it learns, resumed to the last bit."""

import math

import pytest
import torch

from tutelage.data import Example
from tutelage.recipe import SFTRecipe
from tutelage.training import Interrupted, SilentMonitor, finetune
from tutelage.training.passes import sequences_of
from tutelage.training.sft import accumulate_gradient, loss_on

RECIPE = SFTRecipe(epochs=3, learning_rate=5e-3, batch_size=4, micro_batch_tokens=24)
# The completion of [a, b] is [b, a] and end-of-text.
EXAMPLES = [Example([a, b], [b, a, 0]) for a in range(2, 7) for b in range(7, 9)]
VALIDATION = [Example([9, 4], [4, 9, 0]), Example([3, 9, 8], [0])]


def forget(epoch, model):
    pass


def loss_by_loops(model, examples):
    """One example and one token at a time, straight from transformers' logits."""
    losses = []
    for example in examples:
        for place in range(len(example.completion)):
            seen = torch.tensor([example.prompt + example.completion[:place]])
            probabilities = model(input_ids=seen).logits[0, -1].double().softmax(-1)
            losses.append(-math.log(probabilities[example.completion[place]].item()))
    return sum(losses) / len(losses)


def test_the_loss_is_the_mean_over_completion_tokens(policy):
    with torch.no_grad():
        expected = loss_by_loops(policy, VALIDATION)
    assert loss_on(policy, VALIDATION, micro_batch_tokens=1) == pytest.approx(expected, abs=1e-5)
    assert accumulate_gradient(policy, sequences_of(VALIDATION), 1000) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("micro_batch_tokens", [1, 12, 30])
def test_splitting_a_batch_leaves_its_gradient(policy, gradient_of, micro_batch_tokens):
    batch = sequences_of(EXAMPLES + VALIDATION)
    accumulate_gradient(policy, batch, 10_000)
    whole = gradient_of(policy)
    accumulate_gradient(policy, batch, micro_batch_tokens)
    assert torch.allclose(gradient_of(policy), whole, atol=1e-6)


def test_it_learns_and_keeps_every_epoch(policy):
    kept = []
    recipe = RECIPE.model_copy(update={"epochs": 30, "dropout": 0.0, "learning_rate": 2e-2})
    losses = finetune(
        policy, EXAMPLES, EXAMPLES, recipe, 0, SilentMonitor(), lambda epoch, _: kept.append(epoch)
    )
    assert kept == list(range(1, 31))
    assert len(losses) == 30
    assert losses[0] > 2.0
    assert losses[-1] < 0.3


def test_dropout_is_on_while_it_learns_and_off_for_what_is_kept(new_tiny_policy, same_weights):
    def same_twice(_, model):
        logits = [model(input_ids=torch.tensor([[2, 3, 4]])).logits for _ in range(2)]
        assert torch.equal(*logits)

    with_dropout, without = new_tiny_policy(), new_tiny_policy()
    finetune(with_dropout, EXAMPLES, [], RECIPE, 0, SilentMonitor(), same_twice)
    finetune(without, EXAMPLES, [], RECIPE.model_copy(update={"dropout": 0.0}), 0, SilentMonitor(), forget)
    assert not same_weights(with_dropout, without)
    with_dropout.train()
    same_twice(0, with_dropout)


def test_without_validation_nothing_is_reported(policy):
    assert finetune(policy, EXAMPLES, [], RECIPE, 0, SilentMonitor(), forget) == []


@pytest.mark.parametrize("step", [1, 3, 5])
def test_interrupted_and_resumed_equals_undisturbed(
    policy, new_tiny_policy, same_weights, undisturbed, interrupting, step
):
    """Three steps an epoch, so that steps 1 and 5 are in the middle of one and 3 at its end."""
    losses = finetune(policy, EXAMPLES, VALIDATION, RECIPE, 7, undisturbed, forget)
    with pytest.raises(Interrupted):
        finetune(new_tiny_policy(), EXAMPLES, VALIDATION, RECIPE, 7, interrupting(step), forget)
    kept, resumed = [], new_tiny_policy(seed=99)
    resumed_losses = finetune(
        resumed, EXAMPLES, VALIDATION, RECIPE, 7, interrupting(0), lambda epoch, _: kept.append(epoch)
    )
    assert same_weights(resumed, policy)
    assert resumed_losses == losses
    assert kept == [1, 2, 3][step // 3 :]
    assert interrupting(0).metrics.read_text() == undisturbed.metrics.read_text()
