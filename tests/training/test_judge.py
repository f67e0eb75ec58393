"""A judge learns what is labelled, whatever the size of its passes, and goes on where it was interrupted."""

import json

import pytest
import torch

from tutelage.data import Example
from tutelage.models import reward_model_from
from tutelage.recipe import JudgeRecipe
from tutelage.training import Interrupted, LabeledExample, SilentMonitor, train_judge
from tutelage.training.judge import accumulate_gradient

RECIPE = JudgeRecipe(learning_rate=5e-3, batch_size=8, epochs=8, micro_batch_tokens=40)


def answer(seed):
    """An answer of 2 to 5 tokens; it is so when it has the token 7."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(6, 10, (2 + seed % 4,), generator=generator).tolist()
    return LabeledExample(Example([2 + seed % 3] * (1 + seed % 2), [*tokens, 0]), 7 in tokens)


ANSWERS = [answer(seed) for seed in range(80)]


@pytest.fixture
def model(policy):
    return reward_model_from(policy)


def test_it_learns_the_labels(model, undisturbed):
    train_judge(model, ANSWERS, RECIPE, 0, undisturbed)
    losses = [json.loads(line)["loss"] for line in undisturbed.metrics.read_text().splitlines()]
    assert losses[0] == pytest.approx(0.6931, abs=1e-3)  # a head of zeros: log 2
    assert losses[-1] < 0.1
    fresh = [answer(seed) for seed in range(1000, 1100)]
    model.zero_grad()
    _, accuracy = accumulate_gradient(model, fresh, 1000)
    assert accuracy > 0.95


@pytest.mark.parametrize("micro_batch_tokens", [1, 60])
def test_splitting_a_batch_leaves_its_gradient(model, gradient_of, micro_batch_tokens):
    with torch.no_grad():
        model.score.weight.normal_(generator=torch.Generator().manual_seed(0))
    whole_progress = accumulate_gradient(model, ANSWERS, 100_000)
    whole = gradient_of(model)
    progress = accumulate_gradient(model, ANSWERS, micro_batch_tokens)
    assert torch.allclose(gradient_of(model), whole, atol=1e-6)
    assert progress == pytest.approx(whole_progress, abs=1e-6)


def test_the_loss_is_the_mean_cross_entropy(model):
    with torch.no_grad():
        model.score.weight.fill_(0)
    loss, accuracy = accumulate_gradient(model, ANSWERS, 1000)
    assert loss == pytest.approx(0.693147, abs=1e-5)
    assert accuracy == pytest.approx(sum(not each.label for each in ANSWERS) / len(ANSWERS))  # 0 is no yes


def test_interrupted_and_resumed_equals_undisturbed(new_tiny_policy, same_weights, undisturbed, interrupting):
    def train(seed, monitor):
        model = reward_model_from(new_tiny_policy(seed))
        train_judge(model, ANSWERS, RECIPE, 5, monitor)
        return model

    whole = train(0, undisturbed)
    with pytest.raises(Interrupted):
        train(0, interrupting(4))
    assert same_weights(train(99, interrupting(0)), whole)


def test_an_epoch_meets_every_answer_once(model, monkeypatch):
    seen = []

    def noting(model, answers, budget):
        seen.extend(map(id, answers))
        return accumulate_gradient(model, answers, budget)

    monkeypatch.setattr("tutelage.training.judge.accumulate_gradient", noting)
    train_judge(model, ANSWERS, RECIPE.model_copy(update={"epochs": 2}), 0, SilentMonitor())
    assert sorted(seen) == sorted([*map(id, ANSWERS), *map(id, ANSWERS)])
