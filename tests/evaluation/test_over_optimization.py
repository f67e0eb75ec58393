"""Over-optimization: the KL of best of n against counting, and the points of a training by hand."""

import math

import pytest

from tutelage.evaluation.over_optimization import (
    best_of_n_kl,
    best_of_n_points,
    policy_point,
    training_points,
)


def test_the_kl_of_best_of_n_by_hand() -> None:
    assert best_of_n_kl(1) == 0
    assert best_of_n_kl(2) == pytest.approx(math.log(2) - 0.5)
    assert best_of_n_kl(16) == pytest.approx(1.8351, abs=1e-4)


def test_the_kl_of_best_of_n_is_that_of_counting() -> None:
    """Of 400 equally likely texts with different scores: the probability of each to be the best of three."""
    texts, n = 400, 3
    best = [((place + 1) ** n - place**n) / texts**n for place in range(texts)]
    assert sum(best) == pytest.approx(1)
    kl = sum(chance * math.log(chance * texts) for chance in best)
    assert kl == pytest.approx(best_of_n_kl(n), abs=0.002)
    # of two texts that score alike and one that scores less, the best of two is the latter in one of nine draws
    equals = sum(chance * math.log(chance * 3) for chance in (1 / 9, 4 / 9, 4 / 9))
    assert 0 < equals < best_of_n_kl(2)


def test_a_judge_who_hates_what_the_proxy_loves_falls_as_it_rises() -> None:
    scores = [[0.0, 1.0, 2.0, 3.0], [3.0, 2.0, 1.0, 0.0]]
    judged = [[-own for own in row] for row in scores]
    points = best_of_n_points(scores, judged)
    assert [point.label for point in points] == ["n = 1", "n = 2", "n = 4"]
    assert [point.kl.value for point in points] == [best_of_n_kl(n) for n in (1, 2, 4)]
    # the best of two of four: 1, 2, 2, 3, 3, 3
    assert [point.proxy.value for point in points] == pytest.approx([1.5, 14 / 6, 3])
    assert [point.judged and point.judged.value for point in points] == pytest.approx([-1.5, -14 / 6, -3])
    assert [point.judged for point in best_of_n_points(scores, None)] == [None] * 3


def test_a_policy_by_its_own_samples() -> None:
    point = policy_point("ppo", [1.0, -0.5, 2.5, 1.0], [1, 2, 3, 4], [4, 3, 2, 0], ["p", "p", "q", "q"])
    assert (point.kl.value, point.kl.n, point.kl.clusters) == (1.0, 4, 2)
    assert point.judged is not None
    assert (point.proxy.value, point.judged.value) == (2.5, 2.25)


def test_neighbouring_iterations_make_a_point() -> None:
    log = [{"kl": number / 10, "score": 2.0 * number, "utility": 1.0} for number in range(32)]
    points = training_points(log)
    assert len(points) == 8
    assert points[0].label == "iterations 1–4"
    assert points[-1].label == "iterations 29–32"
    assert points[0].kl.value == pytest.approx(0.15)
    # scores 0, 2, 4, 6: mean 3, standard deviation 2.582, Student's t of three degrees 3.182
    assert points[0].proxy.value == 3
    assert points[0].proxy.high == pytest.approx(3 + 3.182 * 2.582 / 2, rel=0.01)
    assert points[0].judged is not None
    assert points[0].judged.value == 1


def test_where_the_judge_was_asked_now_and_then_points_are_wide_enough() -> None:
    log = [{"kl": 1.0, "score": 1.0, **({"utility": 1.0} if number % 5 == 4 else {})} for number in range(40)]
    points = training_points(log)
    assert len(points) == 4
    assert all(point.judged is not None and point.judged.n == 2 for point in points)
    nobody = training_points([{"kl": 1.0, "score": 1.0}] * 40)
    assert [point.judged for point in nobody] == [None] * 8


def test_one_judged_iteration_has_no_interval_and_one_iteration_is_no_point() -> None:
    log = [{"kl": 0.0, "score": 0.0}, {"kl": 1.0, "score": 1.0, "utility": 3.0}]
    (point,) = training_points(log)
    assert (point.kl.value, point.judged) == (0.5, None)
    assert training_points(log[:1]) == []
    assert training_points([]) == []
