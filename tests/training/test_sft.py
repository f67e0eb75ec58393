"""Fine-tuning: loss on completions, text mixed in, every epoch kept, dropout while it learns, resumed to the bit."""

import json
import math

import pytest
import torch

from tutelage.data import Example
from tutelage.recipe import SFTRecipe
from tutelage.schema import InputError
from tutelage.training import Interrupted, PretrainingMix, SilentMonitor, finetune, rows_beside
from tutelage.training.passes import sequences_of
from tutelage.training.sft import accumulate_gradient, loss_on

RECIPE = SFTRecipe(epochs=3, learning_rate=5e-3, batch_size=4, micro_batch_tokens=24)
# The completion of [a, b] is [b, a] and end-of-text.
EXAMPLES = [Example([a, b], [b, a, 0]) for a in range(2, 7) for b in range(7, 9)]
VALIDATION = [Example([9, 4], [4, 9, 0]), Example([3, 9, 8], [0])]
TEXT = torch.randint(2, 20, (5, 12), generator=torch.Generator().manual_seed(2))
MIX = PretrainingMix(TEXT, share=0.25)


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


def token_losses(model, tokens, first):
    """The negative log-likelihoods of the tokens from place `first` on, straight from transformers' logits."""
    logits = model(input_ids=torch.tensor([tokens])).logits[0, :-1]
    losses = torch.nn.functional.cross_entropy(logits, torch.tensor(tokens[1:]), reduction="none")
    return losses[first - 1 :]


@pytest.mark.parametrize(("mix", "weight"), [(None, 0.0), (PretrainingMix(TEXT[:3], 0.25), 0.25)])
def test_a_steps_gradient_is_the_weighed_sum_of_both_terms(
    new_tiny_policy, gradient_of, undisturbed, mix, weight
):
    """Nine demonstrations, so three rows are a quarter of the step's examples: all that there are."""
    examples, taken = (EXAMPLES + VALIDATION)[-9:], []
    settings = {"epochs": 1, "batch_size": 9, "dropout": 0.0, "micro_batch_tokens": 24}
    recipe = SFTRecipe.model_validate(settings)
    finetune(
        new_tiny_policy(),
        examples,
        [],
        recipe,
        0,
        undisturbed,
        lambda _, model: taken.append(gradient_of(model)),
        mix,
    )

    plain = new_tiny_policy()
    written = torch.cat(
        [token_losses(plain, e.prompt + e.completion, len(e.prompt)) for e in examples]
    ).mean()
    read = torch.cat([token_losses(plain, row, 1) for row in TEXT[:3].tolist()]).mean()
    ((1 - weight) * written + weight * read).backward()
    assert torch.allclose(taken[0], gradient_of(plain), atol=1e-6)

    (line,) = undisturbed.metrics.read_text().splitlines()
    logged = json.loads(line)
    assert logged["loss"] == pytest.approx(written.item(), abs=1e-5)
    assert logged.get("pretraining_loss") == (None if mix is None else pytest.approx(read.item(), abs=1e-5))


@pytest.mark.parametrize(
    ("demonstrations", "share", "rows"), [(9, 0.1, 1), (32, 0.1, 4), (18, 0.1, 2), (9, 0.25, 3), (1, 0.1, 1)]
)
def test_rows_are_their_share_of_a_steps_examples(demonstrations, share, rows):
    assert rows_beside(demonstrations, share) == rows


def test_rows_are_read_in_turn_each_once_an_epoch():
    """One row a step beside three demonstrations, five rows: every five steps read all."""
    read = [tuple(MIX.rows_at(step, 3, seed=1)[0].tolist()) for step in range(10)]
    everything = {tuple(row) for row in TEXT.tolist()}
    assert set(read[:5]) == set(read[5:]) == everything


def test_text_that_fills_no_row_is_refused():
    with pytest.raises(InputError, match="do not fill a single row"):
        PretrainingMix(TEXT[:0], 0.1)


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


@pytest.mark.parametrize("mix", [None, MIX], ids=["demonstrations alone", "text mixed in"])
@pytest.mark.parametrize("step", [1, 3, 5])
def test_interrupted_and_resumed_equals_undisturbed(
    policy, new_tiny_policy, same_weights, undisturbed, interrupting, step, mix
):
    """Three steps an epoch, so that steps 1 and 5 are in the middle of one and 3 at its end."""
    losses = finetune(policy, EXAMPLES, VALIDATION, RECIPE, 7, undisturbed, forget, mix)
    with pytest.raises(Interrupted):
        finetune(new_tiny_policy(), EXAMPLES, VALIDATION, RECIPE, 7, interrupting(step), forget, mix)
    kept, resumed = [], new_tiny_policy(seed=99)
    resumed_losses = finetune(
        resumed, EXAMPLES, VALIDATION, RECIPE, 7, interrupting(0), lambda epoch, _: kept.append(epoch), mix
    )
    assert same_weights(resumed, policy)
    assert resumed_losses == losses
    assert kept == [1, 2, 3][step // 3 :]
    assert interrupting(0).metrics.read_text() == undisturbed.metrics.read_text()
