"""One piece of personal information in a text, and what becomes of two that claim the same words."""

from collections.abc import Iterable
from dataclasses import dataclass
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


def first_claims(*kinds: Iterable[PersonalInformation]) -> list[PersonalInformation]:
    """All findings in the order of the text; what several claim goes to the one that comes first here."""
    found: list[PersonalInformation] = []
    for kind in kinds:
        for finding in kind:
            if not any(finding.start < other.end and other.start < finding.end for other in found):
                found.append(finding)
    return sorted(found, key=lambda finding: finding.start)
