"""What a newcomer has shown, and what is not known yet."""

import pytest

from tutelage.labelers.judged import Judged
from tutelage.labelers.screening import TOPICS, Passes, Thresholds, screen
from tutelage.schema import Gold

GOLD = {
    **{item: Gold(sensitive=item % 2 == 0) for item in range(4)},
    **{9 + i: Gold(ranks=(1, 2)) for i in range(3)},
}


def flagged(right: int) -> list[Judged]:
    """The four texts flagged, so many of them rightly."""
    return [Judged(item, "new", sensitive=(item % 2 == 0) == (item < right)) for item in range(4)]


def ranked(right: int) -> list[Judged]:
    """The three pairs ranked, so many of them rightly."""
    return [Judged(9 + i, "new", (1, 2) if i < right else (2, 1)) for i in range(3)]


def test_nothing_is_known_of_somebody_who_has_answered_nothing() -> None:
    screening = screen([], GOLD, [], None)
    assert (screening.flags, screening.ranks, screening.grade, screening.topics) == (None,) * 4
    assert screening.passes == Passes(None, None, None, None)
    assert screening.passes.all is None


def test_who_reaches_all_four_thresholds_passes() -> None:
    # 3 of 4 flags is 0.75, just enough; 3 of 3 pairs; grades 5 and (4 + 6) / 2; one topic.
    screening = screen(flagged(3) + ranked(3), GOLD, [[5], [4, 6], []], TOPICS[:1])
    assert (screening.flags and screening.flags.value, screening.ranks and screening.ranks.value) == (
        0.75,
        1.0,
    )
    assert screening.grade == 5.0
    assert screening.passes == Passes(True, True, True, True)
    assert screening.passes.all is True


def test_each_demonstration_counts_once_however_many_graded_it() -> None:
    assert screen([], GOLD, [[7], [4, 4, 4, 4]], None).grade == pytest.approx(5.5)


def test_one_failed_criterion_fails_though_others_are_not_known() -> None:
    screening = screen(flagged(2), GOLD, [], ())
    assert screening.passes == Passes(False, None, None, False)
    assert screening.passes.all is False


def test_two_answers_tell_nothing_of_an_agreement() -> None:
    assert screen(flagged(4)[:2] + ranked(3)[:2], GOLD, [], None).passes == Passes(None, None, None, None)


def test_an_owner_may_ask_for_more_or_less() -> None:
    strict = screen(flagged(3) + ranked(2), GOLD, [[6]], TOPICS[:2], Thresholds(0.8, 0.6, 6.5, topics=3))
    assert strict.passes == Passes(False, True, False, False)
