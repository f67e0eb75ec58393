"""What a newcomer's screening amounts to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tutelage.labelers.screening import Screening, Thresholds, screen
from tutelage.labeling.figures import judged_of
from tutelage.store import Asked, Store, Submission


@dataclass(frozen=True)
class Newcomer:
    """What is asked at the screening, what somebody answered, and what reviewers think of it, by submission.

    `asked` has what they answered in a screening that was retired since.
    """

    asked: Mapping[int, Asked]
    lines: Sequence[Submission]
    grades: Mapping[int, Mapping[str, int]]

    @property
    def demonstrations(self) -> list[Submission]:
        """What is graded."""
        return [line for line in self.lines if line.answer["kind"] == "demonstrate"]


def read_newcomer(store: Store, name: str) -> Newcomer:
    """Somebody's part in the screening."""
    lines = store.overview.answers(name, screening=True)
    answered = store.overview.tasks({line.task for line in lines})
    return Newcomer(store.overview.control(screening=True) | answered, lines, store.journal.grades())


def screened(newcomer: Newcomer, thresholds: Thresholds) -> Screening:
    """The four criteria (§3.4) over what was answered."""
    topics = [line.answer["topics"] for line in newcomer.lines if line.answer["kind"] == "assess"]
    return screen(
        [judged_of(line) for line in newcomer.lines],
        {number: each.task.gold for number, each in newcomer.asked.items() if each.task.gold},
        [list(newcomer.grades.get(line.id, {}).values()) for line in newcomer.demonstrations],
        topics[-1] if topics else None,
        thresholds,
    )
