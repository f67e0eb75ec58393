"""A PPO run that goes wrong in a known way is stopped, and told why; one that is only noisy goes on."""

import warnings
from dataclasses import replace

import pytest
import torch

from tutelage.schema import RunError
from tutelage.training.health import Health, require_finite_gradient, require_finite_scores
from tutelage.training.measurements import Iteration, Mismatch, Rollout, Update
from tutelage.training.updates import PolicyUpdate, ValueUpdate


def iteration(kl=0.5, kl_error=0.05, kl_nonnegative=0.5, completion_tokens=10.0, ratio_deviation=0.0):
    rollout = Rollout(
        score=0.0,
        score_deviation=1.0,
        kl=kl,
        kl_nonnegative=kl_nonnegative,
        kl_error=kl_error,
        entropy=1.0,
        completion_tokens=completion_tokens,
        truncated=0.0,
        explained_variance=0.5,
    )
    policy = PolicyUpdate(0.0, 0.0, 0.0, ratio_deviation, 1.0)
    return Iteration(rollout, [Update(ValueUpdate(0.5, 0.0, 1.0), policy, None)], 1e-4, 0.02)


def check(health, *iterations):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for each in iterations:
            health.check(each)


def test_a_sane_run_is_left_alone():
    check(Health(maximum_kl=10.0), *[iteration()] * 10)


def test_kl_beyond_the_limit_stops_the_run():
    with pytest.raises(RunError, match=r"12\.0 nats.*maximum_kl = 10"):
        check(Health(maximum_kl=10.0), iteration(kl=12.0, kl_nonnegative=12.0))
    check(Health(maximum_kl=None), iteration(kl=1e6, kl_nonnegative=1e6))


def test_negative_kl_stops_the_run_only_beyond_chance_and_only_when_it_lasts():
    wrong, noise = iteration(kl=-0.5, kl_error=0.1), iteration(kl=-0.5, kl_error=0.3)
    rounding = iteration(kl=-1e-6, kl_error=1e-8)
    check(Health(None), wrong, wrong, iteration(), wrong, wrong, *[noise] * 9, *[rounding] * 9)
    with pytest.raises(RunError, match="not sampled from the policy"):
        check(Health(None), wrong, wrong, wrong)


def test_saying_nothing_stops_the_run_unless_it_was_so_from_the_start():
    silent = iteration(completion_tokens=1.1)
    with pytest.raises(RunError, match="nothing but end-of-text"):
        check(Health(None), iteration(), silent, silent, silent)
    check(Health(None), *[silent] * 9)


def test_patience_survives_a_resumption():
    health, wrong = Health(None), iteration(kl=-0.5, kl_error=0.1)
    check(health, wrong, wrong)
    resumed = Health(None)
    resumed.load(health.state())
    with pytest.raises(RunError):
        check(resumed, wrong)


def test_a_ratio_that_does_not_start_at_one_is_warned_of():
    with pytest.warns(RuntimeWarning, match="disagree on log-probabilities"):
        Health(None).check(iteration(ratio_deviation=0.01))
    check(Health(None), iteration(ratio_deviation=1e-4))


def test_numbers_that_are_none_stop_the_run():
    require_finite_scores(torch.tensor([1.0, -2.0]))
    require_finite_gradient(1e30)
    for bad in (float("nan"), float("inf")):
        with pytest.raises(RunError):
            require_finite_scores(torch.tensor([1.0, bad]))
        with pytest.raises(RunError):
            require_finite_gradient(bad)


def test_a_ratio_may_be_off_by_more_where_products_have_16_bits():
    Health(None).check(iteration(ratio_deviation=0.01), half=True)
    with pytest.warns(RuntimeWarning, match=r"differs from 1 by 0\.01"):
        Health(None).check(iteration(ratio_deviation=0.01))
    with pytest.warns(RuntimeWarning, match=r"differs from 1 by 0\.1"):
        Health(None).check(iteration(ratio_deviation=0.1), half=True)


def test_a_sampler_of_other_weights_is_warned_of():
    mismatch = Mismatch(mismatch=0.02, mismatch_largest=0.5, mismatch_ratio=1.0, mismatch_kl=0.001)
    check(Health(None), replace(iteration(), mismatch=mismatch))
    with pytest.warns(RuntimeWarning, match="other weights"):
        Health(None).check(replace(iteration(), mismatch=replace(mismatch, mismatch=0.3)))
