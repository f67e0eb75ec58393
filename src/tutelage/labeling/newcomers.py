"""What a newcomer's screening amounts to."""

from tutelage.labelers.screening import Screening, Thresholds, screen
from tutelage.labeling.figures import judged_of
from tutelage.store import Store


def screened(store: Store, name: str, thresholds: Thresholds) -> Screening:
    """The four criteria (§3.4) over what somebody answered at the screening."""
    asked = store.overview.control(screening=True)
    lines = [line for line in store.overview.answers(name) if line.task in asked]
    grades = store.journal.grades()
    topics = [line.answer["topics"] for line in lines if line.answer["kind"] == "assess"]
    return screen(
        [judged_of(line) for line in lines],
        {number: each.task.gold for number, each in asked.items() if each.task.gold},
        [list(grades.get(line.id, {}).values()) for line in lines if line.answer["kind"] == "demonstrate"],
        topics[-1] if topics else None,
        thresholds,
    )
