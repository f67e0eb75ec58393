"""Completions that another program sampled: how far it is from the policy is measured, and tokens weigh by it."""

import copy
import json
import math

import pytest
import torch
from tests.training.test_ppo import PROMPTS, recipe, share_of_favourite

from tutelage.models import arithmetic, reward_model_from, value_model_from
from tutelage.rollout import Generation, generate_together
from tutelage.training import Monitor, SilentMonitor, train_policy
from tutelage.training.measurements import Mismatch, measure_mismatch


def train(policy, monitor, generate=generate_together, **changes):
    start, value = copy.deepcopy(policy), value_model_from(reward_model_from(policy))
    return train_policy(
        policy,
        start,
        value,
        share_of_favourite,
        PROMPTS,
        None,
        recipe(episodes=32, **changes),
        0,
        monitor,
        max_completion_tokens=8,
        generate=generate,
    )


class Another:
    """A program that samples as we do, and tells log-probabilities that are off by `error`."""

    rounds_as_update = False

    def __init__(self, error):
        self.error = error

    def __call__(self, *args, **kwargs):
        made = generate_together(*args, **kwargs)
        told = [[logprob + self.error for logprob in row] for row in made.logprobs]
        return Generation(made.prompts, made.completions, told, made.finish_reasons)


def lines(monitor):
    return [json.loads(line) for line in monitor.metrics.read_text().splitlines()]


def close(one, other):
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return all(torch.allclose(a, b, atol=1e-5) for a, b in pairs)


def test_a_mismatch_by_hand():
    ours = torch.tensor([[math.log(0.5), math.log(0.2), math.nan]])
    sampler = torch.tensor([[math.log(0.25), math.log(0.4), 0.0]])
    found = measure_mismatch(ours, sampler, torch.tensor([[1, 1, 0]]))
    # ratios 2 and ½, and of each ρ - 1 - log ρ
    kl = ((1 - math.log(2)) + (-0.5 + math.log(2))) / 2
    expected = Mismatch(math.log(2), math.log(2), 1.25, kl)
    assert vars(found) == pytest.approx(vars(expected), rel=1e-5)


def test_anothers_logprobs_never_enter_the_update(new_tiny_policy, undisturbed):
    ours, theirs = new_tiny_policy(), new_tiny_policy()
    train(ours, SilentMonitor())
    train(theirs, undisturbed, Another(0.05))
    assert close(ours, theirs)
    for line in lines(undisturbed):
        assert line["first_ratio_deviation"] < 1e-4
        assert line["mismatch"] == pytest.approx(0.05, abs=1e-4)
        assert line["mismatch_largest"] == pytest.approx(0.05, abs=1e-4)
        assert line["mismatch_ratio"] == pytest.approx(math.exp(-0.05), abs=1e-4)
        assert line["mismatch_kl"] == pytest.approx(math.exp(-0.05) - 1 + 0.05, abs=1e-4)


def test_our_own_sampler_is_measured_where_it_rounds_otherwise(new_tiny_policy, undisturbed, interrupting):
    train(new_tiny_policy(), undisturbed)
    assert "mismatch" not in lines(undisturbed)[0]
    with arithmetic("bf16", torch.device("cpu")):
        train(new_tiny_policy(), interrupting(0))
    assert 0 <= lines(interrupting(0))[0]["mismatch"] < 0.05


@pytest.mark.filterwarnings("ignore:log-probabilities of the sampler")
def test_capped_weights_scale_the_policys_gradient(new_tiny_policy, tmp_path):
    # off by log ½ everywhere, every ratio is 2: whole below the cap, held by it above
    norms = []
    for cap in (None, 5.0, 1.5):
        monitor = Monitor("stage", tmp_path / str(cap), tmp_path / str(cap) / "metrics.jsonl")
        train(new_tiny_policy(), monitor, Another(-math.log(2)), importance_cap=cap, minibatches=1)
        norms.append(lines(monitor)[0]["ppo_gradient_norm"])
    assert norms[1:] == pytest.approx([2.0 * norms[0], 1.5 * norms[0]], rel=1e-3)
