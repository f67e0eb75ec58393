"""PPO raises a reward; its two gradients share their buffers; the value function may warm up; it resumes."""

import copy
import json
import math
from itertools import pairwise

import pytest
import torch

from tutelage.data import Example
from tutelage.functional import adapted_kl_coefficient
from tutelage.models import completion_logprobs, reward_model_from, value_model_from
from tutelage.recipe import PPORecipe
from tutelage.schema import InputError, RunError
from tutelage.training import HeldOut, Interrupted, Scores, SilentMonitor, Verdict, train_policy
from tutelage.training.episodes import Episodes
from tutelage.training.passes import PADDING, sequences_of
from tutelage.training.ppo import PPO
from tutelage.training.updates import (
    accumulate_ppo_gradient,
    accumulate_ptx_gradient,
    accumulate_value_gradient,
)

RECIPE = PPORecipe(
    episodes=16 * 6,
    batch_size=16,
    minibatches=2,
    learning_rate=5e-3,
    value_learning_rate=5e-3,
    warmup_iterations=2,
    ptx_coefficient=0.0,
    ptx_rows_per_episode=0.25,
    micro_batch_tokens=80,
)
PROMPTS = [[a, *[b] * (a - 1)] for a in range(2, 5) for b in range(6, 9)]
ROWS = torch.randint(2, 20, (5, 12), generator=torch.Generator().manual_seed(2))
FAVOURITE = 7


def share_of_favourite(generation):
    """The reward: which share of a completion's tokens is the favourite."""
    return Scores(torch.tensor([row.count(FAVOURITE) / len(row) for row in generation.completions]))


def recipe(**changes):
    return PPORecipe.model_validate(RECIPE.model_dump() | changes)


def train(
    policy,
    monitor,
    settings=RECIPE,
    score=share_of_favourite,
    rows=None,
    seed=0,
    on_iteration=None,
    value=None,
    heldout=None,
):
    return train_policy(
        policy,
        copy.deepcopy(policy),
        value_model_from(reward_model_from(policy)) if value is None and settings.has_values else value,
        score,
        PROMPTS,
        rows,
        settings,
        seed,
        monitor,
        max_completion_tokens=8,
        on_iteration=on_iteration,
        heldout=heldout,
    )


def logged(monitor):
    return [json.loads(line) for line in monitor.metrics.read_text().splitlines()]


def test_it_raises_the_reward(policy, undisturbed):
    settings = recipe(
        episodes=64 * 12, batch_size=64, minibatches=4, learning_rate=2e-2, micro_batch_tokens=1000
    )
    train(policy, undisturbed, settings)
    scores = [line["score"] for line in logged(undisturbed)]
    assert scores[0] < 0.1  # one of twenty tokens
    assert sum(scores[-3:]) / 3 > 0.6


def test_a_heavy_kl_penalty_keeps_it_at_the_reference(new_tiny_policy, undisturbed, interrupting):
    settings = recipe(episodes=32 * 8, batch_size=32, learning_rate=1e-2, micro_batch_tokens=1000)
    train(new_tiny_policy(), undisturbed, settings.model_copy(update={"kl_coefficient": 0.0}))
    train(new_tiny_policy(), interrupting(0), settings.model_copy(update={"kl_coefficient": 5.0}))
    free, held = logged(undisturbed)[-1], logged(interrupting(0))[-1]
    assert held["kl_nonnegative"] < 0.3 * free["kl_nonnegative"]
    assert free["kl_nonnegative"] > 0.05


def test_a_target_moves_the_weight_of_the_penalty(new_tiny_policy, undisturbed, interrupting):
    settings = recipe(episodes=16 * 6, batch_size=16, learning_rate=1e-2, kl_horizon=16)
    train(new_tiny_policy(), undisturbed, settings.model_copy(update={"kl_target": 1e-4}))
    train(new_tiny_policy(), interrupting(0), settings.model_copy(update={"kl_target": 1e4}))
    near, far = logged(undisturbed), logged(interrupting(0))
    assert [line["kl_coefficient"] for line in far] == pytest.approx([0.02 * 0.8**n for n in range(6)])
    for line, following in pairwise(near):
        moved = adapted_kl_coefficient(line["kl_coefficient"], line["kl"], 1e-4, episodes=16, horizon=16)
        assert following["kl_coefficient"] == pytest.approx(moved, rel=1e-6)
    assert near[-1]["kl_coefficient"] > 0.02


def test_the_first_minibatch_has_ratio_one(policy, undisturbed):
    train(policy, undisturbed)
    lines = logged(undisturbed)
    assert len(lines) == 6
    assert all(line["first_ratio_deviation"] < 1e-4 for line in lines)
    assert lines[0]["kl"] == pytest.approx(0.0, abs=1e-4)
    assert lines[-1]["ratio_deviation"] > 1e-3  # later minibatches do differ
    assert [line["episodes"] for line in lines] == [16, 32, 48, 64, 80, 96]


def test_at_another_temperature_too(policy, undisturbed):
    train(policy, undisturbed, recipe(temperature=0.6, inner_epochs=2))
    assert all(line["first_ratio_deviation"] < 1e-4 for line in logged(undisturbed))


@pytest.mark.parametrize("coefficient", [0.0, 2.0])
def test_interrupted_and_resumed_equals_undisturbed(
    new_tiny_policy, same_weights, undisturbed, interrupting, coefficient
):
    settings = recipe(ptx_coefficient=coefficient, value_warmup_iterations=1, kl_target=0.1, kl_horizon=64)

    def run(seed, monitor):
        start = new_tiny_policy(0)
        policy, value = new_tiny_policy(seed), reward_model_from(new_tiny_policy(seed))
        trained = train_policy(
            policy,
            start,
            value,
            share_of_favourite,
            PROMPTS,
            ROWS,
            settings,
            3,
            monitor,
            max_completion_tokens=8,
        )
        return trained, value

    whole, whole_value = run(0, undisturbed)
    with pytest.raises(Interrupted):
        run(0, interrupting(3))
    resumed, resumed_value = run(99, interrupting(0))
    assert same_weights(resumed.last, whole.last)
    assert same_weights(resumed.averaged, whole.averaged)
    assert same_weights(resumed_value, whole_value)
    assert interrupting(0).metrics.read_text() == undisturbed.metrics.read_text()
    assert not same_weights(whole.last, new_tiny_policy(0))


def test_the_value_function_warms_up_while_the_policy_stands_still(policy, same_weights, undisturbed):
    start = copy.deepcopy(policy)
    value = value_model_from(reward_model_from(policy))
    value_start = copy.deepcopy(value)
    trained = train(policy, undisturbed, recipe(value_warmup_iterations=6), value=value)
    assert same_weights(trained.last, start)
    assert same_weights(trained.averaged, start)
    assert not same_weights(value, value_start)
    assert "policy_loss" not in logged(undisturbed)[0]


def test_the_learning_rate_rises_once_the_policy_learns(policy, undisturbed):
    train(policy, undisturbed, recipe(value_warmup_iterations=2, warmup_iterations=2, learning_rate=1e-3))
    rates = [line["learning_rate"] for line in logged(undisturbed)]
    assert rates[2:] == pytest.approx([1e-4, 5.5e-4, 1e-3, 1e-3])


def test_the_average_follows_every_update(policy, same_weights):
    start = copy.deepcopy(policy)
    trained = train(policy, SilentMonitor(), recipe(episodes=16, minibatches=1, ema_decay=0.75))
    for average, last, first in zip(
        trained.averaged.parameters(), trained.last.parameters(), start.parameters(), strict=True
    ):
        assert torch.allclose(average, 0.75 * first + 0.25 * last, atol=1e-6)
    assert trained.last is policy


def test_truncated_completions_get_the_recipes_score(policy, undisturbed, interrupting):
    def constant(generation):
        return Scores(torch.full((len(generation.completions),), 3.0))

    train(policy, undisturbed, recipe(episodes=16, truncation_score=-2.0), constant)
    line = logged(undisturbed)[0]
    assert 0 < line["truncated"] < 1
    assert line["score"] == pytest.approx(3.0 - 5.0 * line["truncated"], abs=1e-5)


def test_terms_of_a_score_are_logged_as_they_are(policy, undisturbed):
    def two(generation):
        terms = {"favourite": share_of_favourite(generation).total, "three": torch.full((16,), 3.0)}
        return Scores(sum(terms.values()), terms)

    train(policy, undisturbed, recipe(episodes=16, truncation_score=0.0), two)
    line = logged(undisturbed)[0]
    assert line["score_of_three"] == 3
    assert 0 < line["score_of_favourite"] < 1
    assert line["score"] < 3  # cut completions have the recipe's score


def test_what_is_observed_is_logged_with_the_iteration(policy, undisturbed):
    seen = []

    def observe(done, generation):
        seen.append((done, len(generation.completions)))
        return {"utility": float(done)}

    train(policy, undisturbed, on_iteration=observe)
    assert seen == [(done, 16) for done in range(1, 7)]
    assert [line["utility"] for line in logged(undisturbed)] == [1, 2, 3, 4, 5, 6]


def test_every_prompt_has_its_turn(policy):
    met = []
    train(
        policy,
        SilentMonitor(),
        recipe(episodes=16 * 9),
        on_iteration=lambda _, g: met.extend(g.prompts) or {},
    )
    assert len(met) == 16 * len(PROMPTS)
    assert all(met.count(prompt) == 16 for prompt in PROMPTS)


@pytest.mark.parametrize(("rows", "prompts"), [(None, PROMPTS), (ROWS[:0], PROMPTS), (ROWS, [])])
def test_nothing_to_train_on_is_refused(policy, rows, prompts):
    value = reward_model_from(policy)
    with pytest.raises(InputError):
        train_policy(
            policy,
            policy,
            value,
            share_of_favourite,
            prompts,
            rows,
            recipe(ptx_coefficient=1.0),
            0,
            SilentMonitor(),
            max_completion_tokens=8,
        )


def test_a_score_that_is_not_a_number_stops_the_run_before_it_does_harm(policy, same_weights):
    start = copy.deepcopy(policy)

    def broken(generation):
        return Scores(share_of_favourite(generation).total.index_fill(0, torch.tensor([3]), math.nan))

    with pytest.raises(RunError, match="1 of 16 scores"):
        train(policy, SilentMonitor(), score=broken)
    assert same_weights(policy, start)


@pytest.fixture
def episodes(policy):
    """Five completions of 1 to 5 tokens, as if another policy had sampled them a little differently."""
    generator = torch.Generator().manual_seed(4)
    sequences = sequences_of_lengths([1, 5, 3, 2, 4])
    noise = [torch.randn(5, 5, generator=generator) * sequences.mask for _ in range(4)]
    with torch.no_grad():
        logprobs = completion_logprobs(policy, sequences) + 0.2 * noise[0]
    return Episodes(sequences, logprobs, 0.1 * noise[1], noise[2], noise[3])


def sequences_of_lengths(lengths):
    return sequences_of([Example([2] * (1 + n % 3), [3 + n] * (n - 1) + [0]) for n in lengths])


@pytest.mark.parametrize("budget", [1, 9, 16])
def test_splitting_a_minibatch_leaves_both_gradients(policy, episodes, gradient_of, budget):
    value = reward_model_from(policy)
    with torch.no_grad():
        value.score.weight.normal_(generator=torch.Generator().manual_seed(0))
    parts = episodes.micro_batches(budget)
    assert len(parts) > 1
    for model, accumulate in (
        (policy, lambda batch: accumulate_ppo_gradient(policy, batch, clip=0.1, temperature=1.0)),
        (value, lambda batch: accumulate_value_gradient(value, batch, clip=0.1)),
    ):
        whole_measured = accumulate([(episodes, 1.0)])
        whole = gradient_of(model)
        measured = accumulate(parts)
        assert torch.allclose(gradient_of(model), whole, atol=1e-6)
        assert vars(measured) == pytest.approx(vars(whole_measured), rel=1e-4, abs=1e-6)


def test_both_terms_accumulate_in_the_same_buffers(policy, episodes, gradient_of):
    accumulate_ppo_gradient(policy, [(episodes, 1.0)], 0.2, 1.0)
    ppo = gradient_of(policy)
    accumulate_ptx_gradient(policy, ROWS, 27.8, 10_000)
    ptx = gradient_of(policy)
    ppo_update = accumulate_ppo_gradient(policy, [(episodes, 1.0)], 0.2, 1.0)
    ptx_update = accumulate_ptx_gradient(policy, ROWS, 27.8, 10_000)
    assert torch.allclose(gradient_of(policy), ppo + ptx, atol=1e-5)
    assert ppo_update.ppo_gradient_norm == pytest.approx(ppo.norm().item(), rel=1e-4)
    assert ptx_update.ptx_gradient_norm == pytest.approx(ptx.norm().item(), rel=1e-4)


def test_the_ptx_coefficient_multiplies_a_mean_over_tokens(policy, gradient_of):
    accumulate_ptx_gradient(policy, ROWS, 27.8, 10_000)
    once = gradient_of(policy)
    accumulate_ptx_gradient(policy, torch.cat([ROWS, ROWS]), 27.8, 24)
    assert torch.allclose(gradient_of(policy), once, atol=1e-5)


def test_pretraining_gradients_keep_the_text_likely(new_tiny_policy, undisturbed):
    text = torch.tensor([[2, 3, 4, 5] * 3] * 4)
    train(new_tiny_policy(), undisturbed, recipe(episodes=16 * 20, ptx_coefficient=5.0), rows=text)
    lines = logged(undisturbed)
    assert lines[0]["ptx_loss"] == pytest.approx(math.log(20), abs=0.3)
    assert lines[-1]["ptx_loss"] < 1.5
    assert lines[-1]["ptx_gradient_norm"] > 0


def test_minibatches_hold_each_episode_once(episodes):
    values = torch.cat([part.returns.sum(1) for part in episodes.minibatches(3, seed=1, epoch=0)])
    assert sorted(values.tolist()) == pytest.approx(sorted(episodes.returns.sum(1).tolist()))
    first = [next(episodes.minibatches(3, 1, epoch)).sequences.tokens.tolist() for epoch in range(4)]
    assert any(order != first[0] for order in first)


def test_the_samplers_logprobs_are_those_of_the_update(policy):
    trainer = PPO(policy, policy, reward_model_from(policy), share_of_favourite, PROMPTS, None, RECIPE, 0, 8)
    generation = trainer.sample(0)
    with torch.no_grad():
        again = completion_logprobs(policy, generation.sequences(PADDING))
    assert torch.allclose(generation.logprob_matrix(), again, atol=1e-5)


def leave_one_out(samples=4, **changes):
    return recipe(advantages="leave_one_out", samples_per_prompt=samples, **changes)


def test_samples_of_a_prompt_stand_side_by_side_and_differ(policy):
    value = reward_model_from(policy)
    settings = recipe(samples_per_prompt=4)
    trainer = PPO(policy, policy, value, share_of_favourite, PROMPTS, None, settings, 0, 8)
    met = [trainer.sample(iteration) for iteration in range(9)]
    for generation in met:
        assert len(generation.prompts) == 16
        for start in range(0, 16, 4):
            assert len({tuple(prompt) for prompt in generation.prompts[start : start + 4]}) == 1
            assert len({tuple(tokens) for tokens in generation.completions[start : start + 4]}) > 1
    prompts = [prompt for generation in met for prompt in generation.prompts[::4]]
    assert all(prompts.count(prompt) == 4 for prompt in PROMPTS)


def test_leave_one_out_raises_the_reward_without_a_value_function(policy, undisturbed):
    settings = leave_one_out(
        episodes=64 * 12, batch_size=64, minibatches=4, learning_rate=2e-2, micro_batch_tokens=1000
    )
    train(policy, undisturbed, settings)
    lines = logged(undisturbed)
    scores = [line["score"] for line in lines]
    assert scores[0] < 0.1
    assert sum(scores[-3:]) / 3 > 0.6
    assert not [name for name in lines[0] if name.startswith("value_")]
    assert all(line["first_ratio_deviation"] < 1e-4 for line in lines)


def test_a_sample_is_compared_with_its_prompts_others(policy):
    """Without a KL penalty a completion's return is its score, and that is compared with the others' mean."""
    trainer = PPO(
        policy, policy, None, share_of_favourite, PROMPTS, None, leave_one_out(kl_coefficient=0.0), 0, 8
    )
    generation = trainer.sample(0)
    sequences = generation.sequences(PADDING)
    last = (sequences.mask.cumsum(1) == sequences.mask.sum(1, keepdim=True)) & sequences.mask.bool()
    scores = torch.arange(16.0) ** 2
    found = trainer.baseline.advantages(sequences, scores[:, None] * last)
    for row in range(16):
        first = row - row % 4
        others = [scores[each].item() for each in range(first, first + 4) if each != row]
        real = sequences.mask[row].bool()
        assert found.returns[row][real].tolist() == pytest.approx([scores[row].item()] * int(real.sum()))
        assert found.baseline[row][real].tolist() == pytest.approx([sum(others) / 3] * int(real.sum()))
    raw = found.returns - found.baseline
    ratio = (found.advantages / raw)[raw != 0]
    assert torch.allclose(ratio, ratio[0].expand_as(ratio))  # scaled, not shifted
    assert found.advantages[sequences.mask.bool()].std(correction=0).item() == pytest.approx(1, abs=1e-4)


def test_leave_one_out_interrupted_and_resumed_equals_undisturbed(
    new_tiny_policy, same_weights, undisturbed, interrupting
):
    settings = leave_one_out(kl_target=0.1)
    whole = train(new_tiny_policy(), undisturbed, settings)
    with pytest.raises(Interrupted):
        train(new_tiny_policy(), interrupting(3), settings)
    resumed = train(new_tiny_policy(), interrupting(0), settings)
    assert same_weights(resumed.last, whole.last)
    assert same_weights(resumed.averaged, whole.averaged)
    assert interrupting(0).metrics.read_text() == undisturbed.metrics.read_text()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"samples_per_prompt": 3}, "batch_size 16 is no multiple of 3"),
        ({"advantages": "leave_one_out"}, "compares samples of a prompt"),
        ({"advantages": "leave_one_out", "samples_per_prompt": 2, "gamma": 0.9}, "no discount"),
        (
            {"advantages": "leave_one_out", "samples_per_prompt": 2, "value_warmup_iterations": 1},
            "no value function to warm up",
        ),
    ],
)
def test_estimators_that_make_no_sense_are_refused(changes, told):
    with pytest.raises(ValueError, match=told):
        recipe(**changes)


def test_a_value_model_goes_with_its_estimator(policy):
    value = reward_model_from(policy)
    with pytest.raises(ValueError, match="do not go together"):
        train(policy, SilentMonitor(), leave_one_out(), value=value)


class Judges:
    """Held-out judges who say these figures one after the other, and keep what they saw."""

    def __init__(self, *figures, every=1):
        self.figures = list(figures)
        self.seen = []
        self.heldout = HeldOut(self.prefer, every)

    def prefer(self, model):
        self.seen.append(copy.deepcopy(model))
        return self.figures[len(self.seen) - 1]


def test_a_policy_stops_when_held_out_judges_like_it_no_better(policy, same_weights, undisturbed):
    judges = Judges(0.5, 0.6, 0.6, 0.55)
    trained = train(policy, undisturbed, recipe(patience=2), heldout=judges.heldout)
    lines = logged(undisturbed)
    assert [line["heldout_win_rate"] for line in lines] == [0.5, 0.6, 0.6, 0.55]  # of six iterations four
    assert [line["looks_without_better"] for line in lines] == [0, 0, 1, 2]
    assert same_weights(trained.averaged, judges.seen[1])
    assert not same_weights(trained.averaged, judges.seen[3])
    assert trained.verdict == Verdict(best_figure=0.6, best_iteration=2, last_iteration=4, without_better=2)


def test_one_who_is_liked_better_and_better_goes_on_to_the_end(policy, same_weights, undisturbed):
    judges = Judges(0.5, 0.4, 0.55, every=2)
    trained = train(policy, undisturbed, recipe(patience=2), heldout=judges.heldout)
    lines = logged(undisturbed)
    assert [("heldout_win_rate" in line) for line in lines] == [False, True] * 3
    assert same_weights(trained.averaged, judges.seen[2])
    assert trained.verdict == Verdict(best_figure=0.55, best_iteration=6, last_iteration=6)


def test_the_last_iteration_is_looked_at(policy, undisturbed):
    judges = Judges(0.5, 0.6, every=4)
    train(policy, undisturbed, recipe(patience=1), heldout=judges.heldout)
    looked = [line["episodes"] // 16 for line in logged(undisturbed) if "heldout_win_rate" in line]
    assert looked == [4, 6]


def test_nobody_looks_while_the_value_function_warms_up(policy, undisturbed):
    judges = Judges(0.5, 0.4)
    train(policy, undisturbed, recipe(patience=1, value_warmup_iterations=3), heldout=judges.heldout)
    looked = [line["episodes"] // 16 for line in logged(undisturbed) if "heldout_win_rate" in line]
    assert looked == [4, 5]


@pytest.mark.parametrize("at", [2, 4])
def test_stopping_interrupted_equals_undisturbed(
    new_tiny_policy, same_weights, undisturbed, interrupting, at
):
    """Interrupted after the best one, and after the last one: the second start has nothing left to do then."""
    figures = [0.5, 0.6, 0.6, 0.55]
    whole = train(new_tiny_policy(), undisturbed, recipe(patience=2), heldout=Judges(*figures).heldout)
    first, second = Judges(*figures), Judges(*figures[at:])
    with pytest.raises(Interrupted):
        train(new_tiny_policy(), interrupting(at), recipe(patience=2), heldout=first.heldout)
    resumed = train(new_tiny_policy(), interrupting(0), recipe(patience=2), heldout=second.heldout)
    assert len(second.seen) == 4 - at
    assert same_weights(resumed.averaged, whole.averaged)
    assert resumed.verdict == whole.verdict
    assert interrupting(0).metrics.read_text() == undisturbed.metrics.read_text()


def test_patience_without_judges_is_refused(policy):
    with pytest.raises(InputError, match=r"ppo\.patience: there are no held-out judges"):
        train(policy, SilentMonitor(), recipe(patience=1))
