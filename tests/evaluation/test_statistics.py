"""Figures kept prompt by prompt: values and intervals by hand, and differences that are paired."""

import numpy as np
import pytest

from tutelage.evaluation.nlp.translation import bleu
from tutelage.evaluation.scores import Scores, changes, joined
from tutelage.evaluation.statistics import Statistic, change
from tutelage.labelers import intervals


def test_a_rate_and_a_mean_have_the_houses_intervals() -> None:
    values, prompts = [0.0, 1.0, 1.0, 0.5, 1.0], ["a", "a", "b", "c", "c"]
    assert Statistic.rate(values, prompts).estimate() == intervals.rate(values, prompts)
    ours, theirs = Statistic.mean(values, prompts).estimate(), intervals.mean(values, prompts)
    assert (ours.value, ours.n, ours.clusters) == (theirs.value, theirs.n, theirs.clusters)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.05)


def test_a_change_is_of_the_prompts_that_both_have() -> None:
    before = Statistic.mean([1.0, 2.0, 9.0], ["a", "b", "only before"])
    after = Statistic.mean([2.5, 1.0, 2.0, -7.0], ["b", "a", "b", "only after"])
    found = change(before, after)
    # Of a and b: (1 + 2.5 + 2) / 3 after, (1 + 2) / 2 before.
    assert found is not None
    assert found.value == pytest.approx(5.5 / 3 - 1.5)
    assert (found.n, found.clusters) == (2, 2)


def test_of_fewer_than_two_common_prompts_nothing_is_said() -> None:
    assert change(Statistic.mean([1.0, 2.0], ["a", "b"]), Statistic.mean([1.0, 2.0], ["b", "c"])) is None


def test_what_both_find_hard_does_not_widen_a_change() -> None:
    random = np.random.default_rng(0)
    hardness, prompts = random.normal(size=200), range(200)
    before = Statistic.mean(hardness, prompts)
    after = Statistic.mean(hardness + 0.1 + 0.01 * random.normal(size=200), prompts)
    found, own = change(before, after), before.estimate()
    assert found is not None
    assert found.low < 0.1 < found.high
    assert found.high - found.low < (own.high - own.low) / 20


def test_the_intervals_of_changes_hold_the_truth_as_often_as_they_say() -> None:
    """300 sets of 60 prompts with up to three samples each; the truth is a change of .2."""
    held = 0
    for seed in range(300):
        random = np.random.default_rng([7, seed])
        prompts = np.repeat(np.arange(60), random.integers(1, 4, size=60))
        shared = random.normal(size=60)[prompts]
        before = Statistic.mean(shared + random.normal(size=len(prompts)), prompts.tolist())
        after = Statistic.mean(shared + 0.2 + random.normal(size=len(prompts)), prompts.tolist())
        found = change(before, after, resamples=300)
        assert found is not None
        held += found.low <= 0.2 <= found.high
    assert 0.925 <= held / 300 <= 0.975


def test_a_change_of_bleu_is_the_difference_of_two_scores() -> None:
    references = [["the cat sat on the mat today"], ["a dog ran over the green hill"], ["birds sing"]]
    good, bad = [text for (text,) in references], ["the cat sat", "a dog ran over a hill", "fish swim"]
    before, after = bleu(bad, references, range(3)), bleu(good, references, range(3))
    found = change(before, after)
    assert found is not None
    assert found.value == pytest.approx(after.estimate().value - before.estimate().value)
    assert found.low >= 0


def test_changes_are_within_a_kind_of_prompt() -> None:
    def scores(model: str, kind: str, values: list[float]) -> Scores:
        return Scores(model, kind, 2, {"f1": Statistic.rate(values, ["a", "b"])})

    found = changes(
        [
            scores("base", "0-shot", [0, 0]),
            scores("sft", "0-shot", [1, 0]),
            scores("base", "5-shot", [1, 1]),
            scores("sft", "5-shot", [1, 0]),
            scores("sft", "9-shot", [1, 0]),
        ],
        "base",
    )
    assert {cell: own["f1"].value for cell, own in found.items()} == {
        ("sft", "0-shot"): 0.5,
        ("sft", "5-shot"): -0.5,
    }


def test_figures_of_several_tasks_stand_side_by_side() -> None:
    one = Scores("m", "p", 2, {"f1": Statistic.rate([1, 0], "ab")})
    other = Scores("m", "p", 1, {"f1": Statistic.rate([1], "a")})
    (found,) = joined([one.renamed("squad ")], [other.renamed("drop ")])
    assert {name: figure.value for name, figure in found.figures.items()} == {"squad f1": 0.5, "drop f1": 1.0}
    assert found.n == 2
