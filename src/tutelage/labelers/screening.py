"""Who is taken on: the paper's four criteria for newcomers (§3.4, App. B.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tutelage.labelers.gold import accuracy_of_flags, accuracy_of_ranks
from tutelage.labelers.intervals import Estimate
from tutelage.labelers.judged import Judged
from tutelage.schema import Gold

TOPICS = (
    "insults and mockery",
    "contempt for where people come from",
    "contempt for a religion",
    "contempt for women or for men",
    "contempt for whom people love, or for who they say they are",
    "contempt for people with a disability or an illness",
    "contempt for the old or the young",
    "contempt for the poor",
    "sexual content",
    "violence and threats",
    "self-harm and despair",
    "taking sides in politics",
    "moral verdicts on how others live",
    "advice that can hurt",
    "lies about public affairs",
    "help with fraud and other crime",
)
"""The kinds of sensitive text that newcomers are asked whether they recognise well."""


@dataclass(frozen=True)
class Thresholds:
    """What a newcomer has to reach. The paper gives no numbers; these are ours.

    flags, ranks: agreement with the owner's answers. grade: mean grade of demonstrations, 1 to 7. topics: how many
    kinds of sensitive text they recognise. items: with fewer gold items answered nothing is said of an agreement.
    """

    flags: float = 0.75
    ranks: float = 0.7
    grade: float = 5.0
    topics: int = 1
    items: int = 3


@dataclass(frozen=True)
class Passes:
    """By criterion: passed, failed, or None, not known yet."""

    flags: bool | None
    ranks: bool | None
    grade: bool | None
    topics: bool | None

    @property
    def all(self) -> bool | None:
        """False as soon as one is failed; True when all are passed."""
        found = (self.flags, self.ranks, self.grade, self.topics)
        if False in found:
            return False
        return None if None in found else True


@dataclass(frozen=True)
class Screening:
    """What is known of a newcomer. topics: None until they were told."""

    flags: Estimate | None
    ranks: Estimate | None
    grade: float | None
    topics: tuple[str, ...] | None
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def passes(self) -> Passes:
        """What the owner may go by; the owner decides."""
        wanted = self.thresholds
        return Passes(
            flags=_reaches(self.flags, wanted.flags, wanted.items),
            ranks=_reaches(self.ranks, wanted.ranks, wanted.items),
            grade=None if self.grade is None else self.grade >= wanted.grade,
            topics=None if self.topics is None else len(self.topics) >= wanted.topics,
        )


def screen(
    judged: Sequence[Judged],
    gold: Mapping[int, Gold],
    grades: Sequence[Sequence[int]],
    topics: Sequence[str] | None,
    thresholds: Thresholds | None = None,
) -> Screening:
    """What one newcomer's answers amount to.

    judged: theirs alone. gold: by item. grades: for each demonstration what reviewers gave it, 1 to 7; those that
    nobody graded do not count, each of the others counts once however many graded it.
    """
    means = [sum(given) / len(given) for given in grades if given]
    return Screening(
        flags=accuracy_of_flags(judged, gold),
        ranks=accuracy_of_ranks(judged, gold),
        grade=sum(means) / len(means) if means else None,
        topics=None if topics is None else tuple(topics),
        thresholds=thresholds or Thresholds(),
    )


def _reaches(agreement: Estimate | None, wanted: float, items: int) -> bool | None:
    if agreement is None or agreement.clusters < items:
        return None
    return agreement.value >= wanted
