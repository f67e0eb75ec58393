"""The queue's choices: exact shares, gold that cannot be foretold, fair orders, forecasts by hand."""

import subprocess
import sys
from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.labelers.policy import forecast, is_golds_turn, overlaps, recent_pace, shown_order
from tutelage.schema import InputError


def test_labelers_are_understood_without_numpy() -> None:
    program = (
        "import sys, tutelage.labelers, tutelage.labelers.judged, tutelage.labelers.policy; "
        "assert not {'numpy', 'torch'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@given(st.integers(0, 60), st.floats(0, 1))
def test_an_exact_share_of_the_items_is_seen_by_more_labelers(count: int, share: float) -> None:
    wanted = overlaps(count, 1, share, 3)
    assert Counter(wanted) == Counter([3] * round(share * count) + [1] * (count - round(share * count)))
    assert overlaps(count, 1, share, 3) == wanted


def test_they_lie_among_the_others() -> None:
    quarters = [overlaps(400, 1, 0.25, 2)[start : start + 100].count(2) for start in range(0, 400, 100)]
    assert all(10 < count < 40 for count in quarters)  # 25 are expected, with a standard deviation of 3.8


@pytest.mark.parametrize(("overlap", "share", "more"), [(1, 1.5, 2), (1, -0.1, 2), (3, 0.1, 2), (0, 0.1, 2)])
def test_overlaps_that_make_no_sense_are_refused(overlap: int, share: float, more: int) -> None:
    with pytest.raises(InputError, match=r"give 0 to 1|give at least 1"):
        overlaps(10, overlap, share, more)


@given(st.integers(1, 30), st.text(max_size=8), st.integers(0, 50))
def test_one_answer_of_every_n_is_to_gold(every: int, labeler: str, block: int) -> None:
    assert sum(is_golds_turn(every, block * every + place, labeler) for place in range(every)) == 1


def test_gold_comes_at_all_places_and_at_others_for_others() -> None:
    places = {
        name: [sent % 10 for sent in range(1000) if is_golds_turn(10, sent, name)] for name in ("ann", "bob")
    }
    assert set(places["ann"]) == set(places["bob"]) == set(range(10))
    assert sum(one == other for one, other in zip(*places.values(), strict=True)) < 25  # by chance 10


def test_no_gold_where_none_is_asked_for() -> None:
    assert not any(is_golds_turn(0, sent, "ann") for sent in range(50))


@given(st.integers(0, 9), st.text(max_size=5), st.integers())
def test_every_output_is_shown_once_and_in_the_same_order_again(count: int, labeler: str, task: int) -> None:
    order = shown_order(count, labeler, task)
    assert sorted(order) == list(range(count))
    assert shown_order(count, labeler, task) == order


def test_every_order_is_as_frequent_as_every_other() -> None:
    seen = Counter(shown_order(3, "ann", task) for task in range(6000))
    assert set(seen) == set(permutations(range(3)))
    assert max(abs(count - 1000) for count in seen.values()) < 5 * (6000 * 1 / 6 * 5 / 6) ** 0.5


HOUR = 3600.0


def test_a_steady_pace_goes_on() -> None:
    times = [60.0 * minute for minute in range(31)]
    assert forecast(times, 10, now=times[-1]) == pytest.approx(600)
    assert forecast(list(reversed(times)), 10, now=times[-1]) == pytest.approx(600)
    assert recent_pace(times, times[-1]) == pytest.approx(1 / 60)


def test_nights_count_as_no_time() -> None:
    yesterday = [60.0 * minute for minute in range(31)]
    today = [20 * HOUR + 60.0 * minute for minute in range(31)]
    assert forecast(yesterday + today, 10, now=today[-1]) == pytest.approx(600)
    assert forecast(yesterday, 10, now=20 * HOUR) == pytest.approx(600)


def test_the_time_since_the_last_answer_counts_while_somebody_may_be_at_work() -> None:
    assert forecast([0.0, 60.0, 120.0], 1, now=300.0) == pytest.approx(150)  # two answers in five minutes


def test_what_was_hours_of_work_ago_counts_no_more() -> None:
    slow = [600.0 * place for place in range(60)]
    quick = [slow[-1] + 60.0 * place for place in range(1, 241)]  # the last four hours
    assert forecast(slow + quick, 1, now=quick[-1]) == pytest.approx(60)


def test_slow_work_is_no_pause() -> None:
    times = [2700.0 * place for place in range(6)]  # one answer in three quarters of an hour
    assert forecast(times, 2, now=times[-1]) == pytest.approx(5400)


@pytest.mark.parametrize(
    ("times", "now"),
    [([], 9.0), ([5.0], 9.0), ([5.0, 5.0, 5.0], 5.0), ([100.0, 200.0], 50.0), ([0.0, 60.0], 30 * 24 * HOUR)],
)
def test_no_forecast_without_a_pace(times: list[float], now: float) -> None:
    assert forecast(times, 3, now) is None


def test_what_is_done_takes_no_time() -> None:
    assert forecast([], 0, now=0.0) == 0.0
