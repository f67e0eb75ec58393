"""A task as its page shows it, and an answer as the page gave it: outputs stand in an order of their own there.

Each assignment has its random order, by which neither the place of an output nor its neighbour tells where it comes
from; it is drawn from the assignment's number, so that a page loaded again shows the same.
"""

import json
import string
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tutelage.labelers.policy import shown_order
from tutelage.labelers.screening import TOPICS
from tutelage.labeling.incoming import demand_value
from tutelage.labeling.texts import TITLES
from tutelage.schema import ANSWER, Assessed, InputError, Order, Record, Task, TaskKind

LONGEST_LIST = 100
"""Entries of a list in an answer: far more than a task has outputs, and few enough for an error to repeat."""


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
    correcting: int | None = None
    answer: Any = None
    instructions: int | None = None


def show(
    assignment: int,
    task: Task,
    draft: Any = None,
    correcting: int | None = None,
    answer: Record | None = None,
) -> Work:
    """A task as its labeler sees it, with the answer so far where that is to be corrected."""
    order = order_of(assignment, len(task.completions))
    shown = None if answer is None else in_shown_order(answer, assignment).model_dump(mode="json")
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
        correcting=correcting,
        answer=shown,
    )


def prompt_text(task: Task) -> str:
    """The prompt of a task; empty where it has none."""
    return "" if task.prompt is None else task.prompt.text


def order_of(assignment: int, count: int) -> list[int]:
    """The places of a task's completions, as they are shown."""
    return list(shown_order(count, "shown", assignment))


def in_shown_order(answer: Record, assignment: int) -> Record:
    """An answer in the task's own order, as the page has it."""
    if not isinstance(answer, Order):
        return answer
    order = order_of(assignment, len(answer.marks))
    return Order(marks=tuple(answer.marks[i] for i in order), ranks=tuple(answer.ranks[i] for i in order))


def in_own_order(answer: Record, assignment: int) -> Record:
    """An answer as the page gave it, in the task's own order; whether it has the right length is not seen here."""
    if not isinstance(answer, Order):
        return answer
    marks, ranks = list(answer.marks), list(answer.ranks)
    for shown, own in enumerate(order_of(assignment, len(marks))):
        marks[own], ranks[own] = answer.marks[shown], answer.ranks[shown]
    return Order(marks=tuple(marks), ranks=tuple(ranks))


def read_answer(value: Any, longest: int) -> Record:
    """An answer as it came over the network: numbers as numbers, yes and no as such, nothing taken for another.

    Raises:
        InputError: it is none, a text is too long, or has a character that no database keeps.
    """
    demand_value(value, longest, "answer")
    for name, each in value.items() if isinstance(value, dict) else ():
        if isinstance(each, list) and len(each) > LONGEST_LIST:
            raise InputError(f"{len(each):,} entries are too many", f"answer.{name}")
    try:
        answer = ANSWER.validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"][1:])  # the first is the kind
        what = str(first["ctx"]["error"]) if first["type"] == "value_error" else first["msg"]
        raise InputError(what, f"answer.{place}" if place else "answer") from None
    if isinstance(answer, Assessed) and sorted(answer.topics) != sorted(set(answer.topics) & set(TOPICS)):
        raise InputError("names a topic that was not asked about, or one twice", "answer.topics")
    return answer
