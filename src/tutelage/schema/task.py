"""What a labeler is asked, a task, and says, an answer: one protocol for all kinds of work."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, model_validator

from tutelage.schema.judgment import Flags, check_one_to_each, check_ranks
from tutelage.schema.prompt import Kind, Prompt, UseCase
from tutelage.schema.record import AnyText, Record, Text

MOST_COMPLETIONS = 9
"""The K of the paper is 4 to 9 (§3.5); a ranking of more is beyond what anybody holds in mind."""


class TaskKind(StrEnum):
    """The kinds of work (§3.4): the last two belong to the screening."""

    write = "write"
    demonstrate = "demonstrate"
    rank = "rank"
    evaluate = "evaluate"
    flag = "flag"
    assess = "assess"


class Purpose(StrEnum):
    """What a judgment may be used for. `control` is for gold items and screening, which nothing is trained on."""

    training = "training"
    evaluation = "evaluation"
    control = "control"


class SkipReason(StrEnum):
    """Why a labeler leaves a task to others."""

    unclear = "unclear"
    unsafe = "unsafe"
    personal_data = "personal_data"
    language = "language"
    other = "other"


class Gold(Record):
    """The owner's answer to a control item: an order of its completions, or whether its text is sensitive."""

    ranks: tuple[int, ...] | None = None
    sensitive: bool | None = None
    why: AnyText | None = None


class Task(Record):
    """Something for labelers to do.

    `completions` are those to be judged, beside their `sources`, which no labeler is shown; `prompt_kind` and
    `use_case` say what prompt is to be written. `screening`: for newcomers, whose answers train nothing.
    `number` tells apart tasks that ask for the same.
    """

    kind: TaskKind
    prompt: Prompt | None = None
    completions: tuple[AnyText, ...] = ()
    sources: tuple[AnyText, ...] | None = None
    prompt_kind: Kind | None = None
    use_case: UseCase | None = None
    gold: Gold | None = None
    screening: bool = False
    number: int = 0

    @model_validator(mode="after")
    def _has_what_it_asks_about(self) -> "Task":
        if self.kind in (TaskKind.write, TaskKind.assess):
            if self.prompt is not None or self.completions:
                raise ValueError(f"a task to {self.kind} has no prompt and no completions")
        elif self.prompt is None:
            raise ValueError(f"a task to {self.kind} needs a prompt")
        if self.kind in (TaskKind.rank, TaskKind.evaluate):
            if not 2 <= len(self.completions) <= MOST_COMPLETIONS:
                raise ValueError(
                    f"{len(self.completions)} completions; give 2 to {MOST_COMPLETIONS} to be ranked"
                )
        elif self.completions:
            raise ValueError(f"a task to {self.kind} has no completions")
        if self.sources is not None:
            check_one_to_each(len(self.completions), self.sources, "sources")
        return self

    @model_validator(mode="after")
    def _gold_fits(self) -> "Task":
        if self.gold is None:
            return self
        if (self.gold.ranks is not None) != (self.kind in (TaskKind.rank, TaskKind.evaluate)):
            raise ValueError("gold ranks belong to completions that are to be ranked, and only to them")
        if self.gold.ranks is not None:
            check_ranks(self.gold.ranks)
            check_one_to_each(len(self.completions), self.gold.ranks, "gold ranks")
            if len(set(zip(self.completions, self.gold.ranks, strict=True))) > len(set(self.completions)):
                raise ValueError(
                    "gold ranks differ where completions are the same, which nobody can tell apart"
                )
        if (self.gold.sensitive is not None) != (self.kind is TaskKind.flag):
            raise ValueError(
                "whether a text is sensitive is the gold answer of a task to flag, and only of it"
            )
        return self

    @property
    def purpose(self) -> Purpose:
        """What its answers may be used for."""
        if self.gold is not None or self.screening or self.kind in (TaskKind.flag, TaskKind.assess):
            return Purpose.control
        return Purpose.evaluation if self.kind is TaskKind.evaluate else Purpose.training


class WrittenPrompt(Record):
    """A prompt that the labeler made up, and the answer to it where it was written too."""

    kind: Literal["write"] = "write"
    text: Text
    prompt_kind: Kind = Kind.plain
    use_case: UseCase | None = None
    completion: Text | None = None


class WrittenCompletion(Record):
    """A demonstration."""

    kind: Literal["demonstrate"] = "demonstrate"
    completion: Text


class Mark(Record):
    """Table 3 for one completion: overall quality from 1 to 7 and the flags."""

    overall: int = Field(ge=1, le=7)
    flags: Flags = Flags()


class Order(Record):
    """Every completion of a task marked, and all of them ordered: 1 is best, equal is a tie."""

    kind: Literal["order"] = "order"
    marks: tuple[Mark, ...]
    ranks: tuple[int, ...]

    @model_validator(mode="after")
    def _is_whole(self) -> "Order":
        check_ranks(self.ranks)
        check_one_to_each(len(self.marks), self.ranks, "ranks")
        return self


class Flagged(Record):
    """Whether a text is sensitive."""

    kind: Literal["flag"] = "flag"
    sensitive: bool


class Assessed(Record):
    """The kinds of sensitive text that a newcomer says to recognise well (§3.4, fourth criterion)."""

    kind: Literal["assess"] = "assess"
    topics: tuple[Text, ...]


class Skipped(Record):
    """Why there is no answer."""

    kind: Literal["skip"] = "skip"
    reason: SkipReason
    comment: AnyText = ""


Answer = Annotated[
    WrittenPrompt | WrittenCompletion | Order | Flagged | Assessed | Skipped, Field(discriminator="kind")
]
"""What is sent back for a task, told apart by `kind`."""
ANSWER: TypeAdapter[Record] = TypeAdapter(Answer)
"""Reads one."""

ANSWERS: dict[TaskKind, type[Record]] = {
    TaskKind.write: WrittenPrompt,
    TaskKind.demonstrate: WrittenCompletion,
    TaskKind.rank: Order,
    TaskKind.evaluate: Order,
    TaskKind.flag: Flagged,
    TaskKind.assess: Assessed,
}
"""What answers a task of a kind; any of them may be skipped."""
