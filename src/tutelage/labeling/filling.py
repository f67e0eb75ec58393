"""Putting work into the queue: tasks made of prompts and completions that the store holds, or of a file."""

import os
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import ValidationError

from tutelage.data.files import File, read_rankings
from tutelage.data.rows import Row, read_rows
from tutelage.schema import (
    MOST_COMPLETIONS,
    SAME_OUTPUT,
    AnyText,
    Completion,
    Gold,
    InputError,
    Kind,
    Prompt,
    Record,
    Task,
    TaskKind,
    Text,
    UseCase,
    explain,
)


def tasks_to_demonstrate(prompts: Iterable[Prompt]) -> list[Task]:
    """One for each prompt."""
    return [Task(kind=TaskKind.demonstrate, prompt=prompt) for prompt in prompts]


def tasks_to_write(
    count: int, prompt_kind: Kind | None = None, use_case: UseCase | None = None
) -> list[Task]:
    """So many prompts of a kind and use case, both the labeler's choice where they are None (§3.2)."""
    return [
        Task(kind=TaskKind.write, prompt_kind=prompt_kind, use_case=use_case, number=number)
        for number in range(count)
    ]


def tasks_to_judge(
    kind: TaskKind, completions: Iterable[Completion], most: int = MOST_COMPLETIONS, seed: int = 0
) -> list[Task]:
    """One for each prompt that has two different completions or more; of more than `most` some are drawn.

    Equal texts are shown once: where several sources gave it, their names stand together.
    """
    of_prompt: dict[Prompt, dict[str, list[str]]] = {}
    for completion in completions:
        sources = of_prompt.setdefault(completion.prompt, {}).setdefault(completion.text, [])
        if completion.source not in sources:
            sources.append(completion.source)
    return [_task(kind, prompt, texts, most, seed) for prompt, texts in of_prompt.items() if len(texts) > 1]


def read_gold(path: File, kind: TaskKind) -> list[Task]:
    """Control items from a file of rankings: what the owner ranked, to be ranked by labelers.

    Raises:
        InputError: a row is no ranking, or has more outputs than anybody is shown, told with file and line; there
            are none; or the kind is none in which gold is mixed.
    """
    if kind not in (TaskKind.rank, TaskKind.evaluate):
        raise InputError(f"{kind} is no work in which gold is mixed", "kind", "give rank or evaluate")
    tasks = []
    for row, ranking in zip(read_rows(path), read_rankings(path), strict=True):
        about = {"prompt": ranking.prompt, "completions": ranking.completions, "sources": ranking.sources}
        tasks.append(_made(row, kind=kind, gold=Gold(ranks=ranking.ranks), **about))
    return _filled(tasks, path)


class ScreeningRow(Record):
    """A row of a screening's file. `why`: what a reviewer should know."""

    kind: Literal["flag", "rank", "demonstrate"]
    prompt: Text
    completions: tuple[AnyText, ...] = ()
    ranks: tuple[int, ...] | None = None
    sensitive: bool | None = None
    why: AnyText | None = None


def read_screening(path: File) -> list[Task]:
    """A screening from `{"kind": "flag", "prompt", "sensitive"}`, `{"kind": "rank", "prompt", "completions",
    "ranks"}` and `{"kind": "demonstrate", "prompt"}`, each with `why` where there is something to say; and the
    self-assessment.

    Raises:
        InputError: a row is none of these, told with file, line and field; or there are none.
    """
    rows: dict[tuple[Any, ...], Row] = {}
    tasks = []
    for row in read_rows(path):
        task = _screening_task(row)
        first = rows.setdefault((task.kind, task.prompt, task.completions), row)
        if first is not row:
            raise InputError("asks the same as a row before", row.where, f"keep this one or {first.where}")
        tasks.append(task)
    return [*_filled(tasks, path), Task(kind=TaskKind.assess, screening=True)]


def _screening_task(row: Row) -> Task:
    try:
        # Parquet has all columns in every row: a null is as good as none
        item = ScreeningRow(**{name: value for name, value in row.fields.items() if value is not None})
    except ValidationError as error:
        raise explain(error, ScreeningRow, row.where) from None
    truth = {"flag": "sensitive", "rank": "ranks"}.get(item.kind)
    if truth is not None and getattr(item, truth) is None:
        raise InputError("missing", f"{row.where}: {truth}", "say what the right answer is")
    answer = item.model_dump(include=set(Gold.model_fields), exclude_none=True)
    return _made(
        row,
        kind=TaskKind(item.kind),
        prompt=Prompt(text=item.prompt),
        completions=item.completions,
        gold=Gold(**answer) if answer else None,
        screening=True,
    )


def _made(row: Row, **fields: Any) -> Task:
    try:
        return Task(**fields)
    except ValidationError as error:
        raise explain(error, Task, row.where) from None


def _filled(tasks: list[Task], path: File) -> list[Task]:
    if not tasks:
        raise InputError("the file holds no records", os.fspath(path), "name another")
    return tasks


def _task(kind: TaskKind, prompt: Prompt, texts: Mapping[str, Sequence[str]], most: int, seed: int) -> Task:
    if not 2 <= most <= MOST_COMPLETIONS:
        raise InputError(f"{most} outputs cannot be ranked at once", "most", f"give 2 to {MOST_COMPLETIONS}")
    chosen = list(texts)
    if len(chosen) > most:
        places = sorted(random.Random(f"{seed} {prompt.id}").sample(range(len(chosen)), most))
        chosen = [chosen[place] for place in places]
    return Task(
        kind=kind,
        prompt=prompt,
        completions=tuple(chosen),
        sources=tuple(SAME_OUTPUT.join(texts[text]) for text in chosen),
    )
