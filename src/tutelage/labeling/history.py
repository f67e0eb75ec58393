"""What somebody sent in, line by line."""

from dataclasses import dataclass

from tutelage.labeling.texts import TITLES
from tutelage.labeling.work import prompt_text
from tutelage.schema import TaskKind
from tutelage.store import Store


@dataclass(frozen=True)
class Line:
    """`counts`: it is the last word about its task; `correctable`: its labeler may still say another thing."""

    submission: int
    kind: TaskKind
    title: str
    prompt: str
    at: float
    seconds: float
    corrects: int | None
    skipped: bool
    counts: bool

    @property
    def correctable(self) -> bool:
        """What counts may be corrected, but for a skip."""
        return self.counts and not self.skipped


def history(store: Store, labeler: str) -> list[Line]:
    """The latest first."""
    lines = store.journal.lines(labeler)
    tasks = store.overview.tasks({line.task for line in lines})
    standing = {line.id for line in store.overview.answers(labeler)}
    return [
        Line(
            submission=line.id,
            kind=tasks[line.task].task.kind,
            title=TITLES[tasks[line.task].task.kind],
            prompt=prompt_text(tasks[line.task].task) or line.answer.get("text", ""),
            at=line.at,
            seconds=line.seconds,
            corrects=line.corrects,
            skipped=line.answer["kind"] == "skip",
            counts=line.id in standing or line.answer["kind"] == "skip",
        )
        for line in reversed(lines)
    ]
