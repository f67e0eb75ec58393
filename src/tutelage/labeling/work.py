"""A task as its page shows it, and an answer as the page gave it: outputs stand in an order of their own there.

Each assignment has its random order, by which neither the place of an output nor its neighbour tells where it comes
from; it is drawn from the assignment's number, so that a page loaded again shows the same.
"""

import string
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tutelage.labelers.policy import shown_order
from tutelage.labeling.texts import TITLES
from tutelage.schema import Answer, InputError, Mark, Order, Record, Task, TaskKind

_answers: TypeAdapter[Record] = TypeAdapter(Answer)


@dataclass(frozen=True)
class Shown:
    """An output and its letter."""

    label: str
    text: str


@dataclass(frozen=True)
class Brief:
    """What prompt is to be written; None is the labeler's choice."""

    prompt_kind: str | None
    use_case: str | None


@dataclass(frozen=True)
class Work:
    """What a task's page needs: nothing of it tells sources, gold answers or other people.

    `correcting`: the journal's number of the answer that is to be corrected; `instructions`: their version.
    """

    assignment: int
    kind: TaskKind
    title: str
    prompt: str | None
    completions: tuple[Shown, ...]
    brief: Brief
    draft: Any
    expires_in: float
    correcting: int | None = None
    answer: Any = None
    instructions: int | None = None


def show(
    assignment: int,
    task: Task,
    draft: Any = None,
    expires_in: float = 0.0,
    correcting: int | None = None,
    answer: Record | None = None,
) -> Work:
    """A task as its labeler sees it, with the answer so far where that is to be corrected."""
    order = order_of(assignment, task)
    shown = None if answer is None else in_shown_order(answer, order).model_dump(mode="json")
    return Work(
        assignment=assignment,
        kind=task.kind,
        title=TITLES[task.kind],
        prompt=None if task.prompt is None else task.prompt.text,
        completions=tuple(
            Shown(label, task.completions[place])
            for label, place in zip(string.ascii_uppercase, order, strict=False)
        ),
        brief=Brief(task.prompt_kind, task.use_case),
        draft=draft,
        expires_in=expires_in,
        correcting=correcting,
        answer=shown,
    )


def order_of(assignment: int, task: Task) -> list[int]:
    """The places of a task's completions, as they are shown."""
    return list(shown_order(len(task.completions), "shown", assignment))


def in_shown_order(answer: Record, order: list[int]) -> Record:
    """An answer in the task's own order, as the page has it."""
    if not isinstance(answer, Order):
        return answer
    return Order(marks=tuple(answer.marks[i] for i in order), ranks=tuple(answer.ranks[i] for i in order))


def in_own_order(answer: Record, order: list[int]) -> Record:
    """An answer as the page gave it, in the task's own order; one of the wrong length stays as it is."""
    if not isinstance(answer, Order) or len(answer.marks) != len(order):
        return answer
    marks: list[Mark] = list(answer.marks)
    ranks = list(answer.ranks)
    for shown, own in enumerate(order):
        marks[own], ranks[own] = answer.marks[shown], answer.ranks[shown]
    return Order(marks=tuple(marks), ranks=tuple(ranks))


def read_answer(value: Any, longest: int) -> Record:
    """An answer as it came over the network.

    Raises:
        InputError: it is none, a text is too long, or has a character that no database keeps.
    """
    refuse_texts(value, longest)
    try:
        return _answers.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        what = str(first["ctx"]["error"]) if first["type"] == "value_error" else first["msg"]
        raise InputError(what, f"answer.{place}" if place else "answer") from None


def refuse_texts(value: Any, longest: int, place: str = "answer") -> None:
    """Raises InputError for a text in a JSON value that is too long, or that PostgreSQL cannot keep."""
    if isinstance(value, str):
        if len(value) > longest:
            raise InputError(f"{len(value):,} characters are too many", place, f"at most {longest:,}")
        if "\0" in value:
            raise InputError("holds the character NUL", place, "remove it")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InputError("holds half a surrogate pair, which is no text", place, "remove it") from None
    elif isinstance(value, dict):
        for name, each in value.items():
            refuse_texts(name, longest, place)
            refuse_texts(each, longest, f"{place}.{name}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            refuse_texts(each, longest, f"{place}.{number}")
