"""What becomes of an answer: the judgments that a dataset is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

from tutelage.schema import (
    Demonstration,
    Order,
    Prompt,
    Purpose,
    Ranking,
    Rating,
    Record,
    Task,
    TaskKind,
    WrittenCompletion,
    WrittenPrompt,
)
from tutelage.store import tables
from tutelage.store.records import Judgment, judgment_row


@dataclass(frozen=True)
class Product:
    """A judgment, or a prompt, for the table where it belongs."""

    table: Table
    record: Judgment | Prompt

    @property
    def prompt(self) -> Prompt:
        """What it is about; a prompt is about itself."""
        return self.record if isinstance(self.record, Prompt) else self.record.prompt

    def row(self) -> Mapping[str, Any]:
        """Its own columns."""
        return {} if isinstance(self.record, Prompt) else judgment_row(self.record)


def products_of(task: Task, answer: Record, labeler: str) -> list[Product]:
    """The records that an answer to a task amounts to; none for what trains and compares nothing."""
    if isinstance(answer, WrittenPrompt):
        # prompts are split by user, and this one's user is who wrote it
        prompt = Prompt(
            text=answer.text, use_case=answer.use_case, kind=answer.prompt_kind, user=f"labeler:{labeler}"
        )
        # prompts say no purpose: all of them are trained on, so a newcomer's is kept with the answer alone
        made = [] if task.purpose is Purpose.control else [Product(tables.prompts, prompt)]
        if answer.completion is not None:
            written = Demonstration(prompt=prompt, completion=answer.completion, labeler=labeler)
            made.append(Product(tables.demonstrations, written))
        return made
    prompt_of_task = task.prompt
    if prompt_of_task is None:
        return []
    if isinstance(answer, WrittenCompletion):
        written = Demonstration(prompt=prompt_of_task, completion=answer.completion, labeler=labeler)
        return [Product(tables.demonstrations, written)]
    if isinstance(answer, Order) and task.kind in (TaskKind.rank, TaskKind.evaluate):
        sources = task.sources or (None,) * len(task.completions)
        ratings = [
            Product(
                tables.ratings,
                Rating(
                    prompt=prompt_of_task,
                    completion=completion,
                    source=source,
                    overall=mark.overall,
                    flags=mark.flags,
                    labeler=labeler,
                ),
            )
            for completion, source, mark in zip(task.completions, sources, answer.marks, strict=True)
        ]
        ranking = Ranking(
            prompt=prompt_of_task,
            completions=task.completions,
            ranks=answer.ranks,
            labeler=labeler,
            sources=task.sources,
        )
        return [Product(tables.rankings, ranking), *ratings]
    return []
