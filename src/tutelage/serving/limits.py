"""How much one user may ask for: buckets that fill evenly, up to what a minute may bring."""

import math
import time
from collections import OrderedDict

from tutelage.serving.settings import Allowance

MINUTE = 60.0
USERS = 10_000
"""So many are remembered; of more, those that asked for nothing for the longest time begin anew."""


class Bucket:
    """`size` is what fits, and what flows in within a minute."""

    def __init__(self, size: int, now: float) -> None:
        self.size = size
        self._level, self._at = float(size), now

    def level(self, now: float) -> float:
        """What is in it."""
        return min(self.size, self._level + (now - self._at) * self.size / MINUTE)

    def wait(self, amount: float, now: float) -> float:
        """Seconds until so much is in it; 0 where it is."""
        return max(0.0, (amount - self.level(now)) * MINUTE / self.size)

    def add(self, amount: float, now: float) -> None:
        """Put back, or with a negative amount take out, also more than there is."""
        self._level, self._at = min(self.size, self.level(now) + amount), now


class Budget:
    """What one user has left of requests and tokens."""

    def __init__(self, allowance: Allowance, now: float) -> None:
        self.allowance = allowance
        sizes = {"requests": allowance.requests_per_minute, "tokens": allowance.tokens_per_minute}
        self.buckets = {what: Bucket(size, now) for what, size in sizes.items() if size is not None}

    def wait(self, what: str, amount: float) -> float:
        """Seconds until the user may have so much; 0 where at once, and where there is no limit."""
        bucket = self.buckets.get(what)
        return 0.0 if bucket is None else bucket.wait(amount, time.monotonic())

    def take(self, what: str, amount: float) -> None:
        """Take it; a negative amount is given back."""
        if what in self.buckets:
            self.buckets[what].add(-amount, time.monotonic())

    def headers(self) -> dict[str, str]:
        """As OpenAI tells of it."""
        now = time.monotonic()
        told = {}
        for what, bucket in self.buckets.items():
            told[f"x-ratelimit-limit-{what}"] = str(bucket.size)
            told[f"x-ratelimit-remaining-{what}"] = str(max(0, math.floor(bucket.level(now))))
            told[f"x-ratelimit-reset-{what}"] = f"{bucket.wait(bucket.size, now):.3f}s"
        return told


class Budgets:
    """Everybody's, by who they are."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, Budget] = OrderedDict()

    def of(self, whose: str, allowance: Allowance) -> Budget:
        """Somebody's; a full one for somebody new, or of another allowance than before."""
        budget = self._of.get(whose)
        if budget is None or budget.allowance != allowance:
            budget = self._of[whose] = Budget(allowance, time.monotonic())
        self._of.move_to_end(whose)
        if len(self._of) > USERS:
            self._of.popitem(last=False)
        return budget
