"""Pretraining learns, does not care how a batch is split, and resumes to the last bit."""

import json
import math

import pytest
import torch

from tutelage.recipe import BaseRecipe
from tutelage.schema import InputError
from tutelage.training import Interrupted, SilentMonitor, pretrain
from tutelage.training.base import accumulate_row_gradient

RECIPE = BaseRecipe(
    tokens=12 * 40, batch_tokens=40, learning_rate=1e-2, warmup_steps=2, micro_batch_tokens=20, row_tokens=10
)


@pytest.fixture
def rows():
    return torch.randint(2, 20, (7, 10), generator=torch.Generator().manual_seed(1))


def test_the_loss_falls_on_text_that_repeats(policy, undisturbed):
    rows = torch.tensor([[2, 3, 4, 5, 2, 3, 4, 5, 2, 3]] * 4)
    pretrain(policy, rows, RECIPE.model_copy(update={"tokens": 40 * 40}), 0, undisturbed)
    losses = [json.loads(line)["loss"] for line in undisturbed.metrics.read_text().splitlines()]
    assert losses[0] == pytest.approx(math.log(20), abs=0.3)
    assert losses[-1] < 0.5
    assert len(losses) == 40


def test_the_gradient_is_that_of_the_whole_batch_times_the_coefficient(policy, rows, gradient_of):
    logits = policy(input_ids=rows).logits[:, :-1]
    loss = torch.nn.functional.cross_entropy(logits.reshape(-1, 20), rows[:, 1:].reshape(-1))
    (3.0 * loss).backward()
    expected = gradient_of(policy)
    mean = accumulate_row_gradient(policy, rows, micro_batch_tokens=30, coefficient=3.0)
    assert mean == pytest.approx(loss.item(), abs=1e-5)
    assert torch.allclose(gradient_of(policy), expected, atol=1e-5)


def test_interrupted_and_resumed_equals_undisturbed(
    policy, new_tiny_policy, same_weights, rows, undisturbed, interrupting
):
    pretrain(policy, rows, RECIPE, 3, undisturbed)
    with pytest.raises(Interrupted):
        pretrain(new_tiny_policy(), rows, RECIPE, 3, interrupting(5))
    resumed = pretrain(new_tiny_policy(seed=99), rows, RECIPE, 3, interrupting(0))
    assert same_weights(resumed, policy)
    assert interrupting(0).metrics.read_text() == undisturbed.metrics.read_text()


def test_another_seed_gives_another_model(policy, new_tiny_policy, same_weights, rows):
    other = pretrain(new_tiny_policy(), rows, RECIPE, 4, SilentMonitor())
    assert not same_weights(pretrain(policy, rows, RECIPE, 3, SilentMonitor()), other)


def test_text_that_fills_no_row_is_the_users_mistake(policy):
    with pytest.raises(InputError, match="do not fill a single row"):
        pretrain(policy, torch.zeros((0, 10), dtype=torch.int64), RECIPE, 0, SilentMonitor())
