"""One piece of personal information in a text, and what becomes of two that claim the same words."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Literal

Form = Literal[
    "email",
    "phone",
    "card",
    "iban",
    "ip",
    "ssn",
    "national_id",
    "crypto",
    "secret",
    "address",
    "name",
]


@dataclass(frozen=True)
class PersonalInformation:
    """One finding: `text[start:end]` has the form of such information."""

    form: Form
    start: int
    end: int

    @property
    def placeholder(self) -> str:
        """What stands in its place in a redacted text."""
        return f"<{self.form.upper()}>"


Finder = Callable[[str], list[PersonalInformation]]
"""Finds personal information in a text: findings in the order of the text, none over another."""


def first_claims(*kinds: Iterable[PersonalInformation]) -> list[PersonalInformation]:
    """All findings in the order of the text; what several claim goes to the one that comes first here."""
    found: list[PersonalInformation] = []  # in the order of the text, none over another
    for finding in chain(*kinds):
        # of those before this place all end before the finding begins
        place = bisect_right(found, finding.start, key=lambda other: other.end)
        if place == len(found) or finding.end <= found[place].start:
            found.insert(place, finding)
    return found
