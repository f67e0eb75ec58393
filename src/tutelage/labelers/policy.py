"""The queue's choices: how many labelers see an item, when gold comes, in which order outputs stand; and a forecast.

Nothing here draws at random twice: the same labeler and item meet the same choice, on every server and after
every restart.
"""

import hashlib
import random
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from tutelage.schema import InputError

PAUSE = 1800.0
"""Seconds without an answer after which nobody is taken to be at work."""

SLOW = 5.0
"""Where answers take long, a pause is so many times the median time between two."""

RECENT = 4 * 3600.0
"""Seconds of work that the forecast looks back on."""

FORGOTTEN = 14 * 86400.0
"""Seconds after the last answer from which on no forecast is made."""


def overlaps(count: int, overlap: int, share: float, agreement_overlap: int) -> list[int]:
    """How many labelers see each of `count` items: `overlap`, and `agreement_overlap` a random share of the items.

    The share is exact, rounded to whole items; of as many items the same are drawn each time.

    Raises:
        InputError: a share that is none, or fewer labelers for agreement than for the rest.
    """
    if not 0 <= share <= 1:
        raise InputError(f"{share} is no share", "agreement share", "give 0 to 1")
    if not 1 <= overlap <= agreement_overlap:
        raise InputError(
            f"{overlap} labelers an item, and {agreement_overlap} where agreement is measured",
            "overlap",
            "give at least 1, and no fewer where agreement is measured",
        )
    wanted = [overlap] * count
    for place in random.Random(0).sample(range(count), round(share * count)):
        wanted[place] = agreement_overlap
    return wanted


def is_golds_turn(every: int, sent: int, labeler: str) -> bool:
    """Whether a labeler who has sent in so many answers shall get a gold item next; never, where `every` is 0.

    One of each `every` answers is to gold, at a place that nobody can foretell who does not know this function.
    """
    if every <= 0:
        return False
    block, place = divmod(sent, every)
    return place == _number("gold", labeler, block) % every


def shown_order(count: int, *identity: object) -> tuple[int, ...]:
    """The order in which outputs are shown: a random permutation that is the same for the same identity.

    The output shown at place i is `order[i]`, so that none is favoured for where it stands.
    """
    return tuple(sorted(range(count), key=lambda place: _number("order", *identity, place)))


def forecast(done_times: Sequence[float], left: int, now: float) -> float | None:
    """Seconds of work until `left` more are done, at the pace of the last hours of work; None where unknown.

    done_times: when answers came in, seconds since 1970, in any order. Nights and other pauses count as no time.
    """
    if left <= 0:
        return 0.0
    pace = recent_pace(done_times, now)
    return None if pace is None else left / pace


def recent_pace(done_times: Sequence[float], now: float) -> float | None:
    """Answers a second while people are at work, over the last hours of it; None where unknown."""
    times = sorted(time for time in done_times if time <= now)
    if len(times) < 2 or now - times[-1] > FORGOTTEN:
        return None
    gaps = [later - earlier for earlier, later in pairwise(times)]
    pause = max(PAUSE, SLOW * median(gaps))
    waiting = now - times[-1]
    worked = waiting if waiting <= pause else 0.0
    done = 0
    for gap in reversed(gaps):
        if worked >= RECENT:
            break
        if gap <= pause:
            worked += gap
            done += 1
    return done / worked if done and worked > 0 else None


def _number(*parts: object) -> int:
    """A number that depends on nothing but the parts."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
