"""What somebody sent in, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass

from tutelage.labeling.texts import TITLES
from tutelage.store import Store

LONGEST = 200
"""So many lines are shown."""


@dataclass(frozen=True)
class Line:
    """`counts`: it is the last word about its task; `correctable`: its labeler may still say another thing."""

    submission: int
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


@dataclass(frozen=True)
class History:
    """The last lines, the latest first, and whether there are earlier ones."""

    lines: Sequence[Line]
    goes_on: bool


def history(store: Store, labeler: str) -> History:
    """The last that somebody sent in."""
    sent = store.overview.sent(labeler, LONGEST + 1)
    lines = [
        Line(
            submission=line.id,
            title=TITLES[line.kind],
            prompt=line.prompt or line.answer.get("text", ""),
            at=line.at,
            seconds=line.seconds,
            corrects=line.corrects,
            skipped=line.answer["kind"] == "skip",
            counts=line.counts or line.answer["kind"] == "skip",
        )
        for line in sent[:LONGEST]
    ]
    return History(lines, goes_on=len(sent) > LONGEST)
