"""Putting work into the queue: tasks made of prompts and completions that the store holds, or of a file."""

import random
from collections.abc import Iterable, Mapping, Sequence

from pydantic import ValidationError

from tutelage.data.rows import read_rows
from tutelage.labeling.texts import screening_task
from tutelage.schema import (
    MOST_COMPLETIONS,
    Completion,
    Gold,
    InputError,
    Kind,
    Prompt,
    Ranking,
    Task,
    TaskKind,
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


def gold_tasks(kind: TaskKind, rankings: Iterable[Ranking]) -> list[Task]:
    """Control items: what the owner ranked, to be ranked by labelers.

    Raises:
        InputError: one has more outputs than anybody is shown, or the kind is none in which gold is mixed.
    """
    if kind not in (TaskKind.rank, TaskKind.evaluate):
        raise InputError(f"{kind} is no work in which gold is mixed", "kind", "give rank or evaluate")
    tasks = []
    for number, ranking in enumerate(rankings, start=1):
        gold = Gold(ranks=ranking.ranks)
        about = {"prompt": ranking.prompt, "completions": ranking.completions, "sources": ranking.sources}
        try:
            tasks.append(Task(kind=kind, gold=gold, **about))
        except ValidationError as error:
            raise explain(error, Task, f"ranking {number}") from None
    return tasks


def read_screening(path: str) -> list[Task]:
    """A screening from `{"kind": "flag", "prompt", "sensitive"}`, `{"kind": "rank", "prompt", "completions",
    "ranks"}` and `{"kind": "demonstrate", "prompt"}`, each with `why` where there is something to say; and the
    self-assessment.

    Raises:
        InputError: a row is none of these; told with file, line and field.
    """
    tasks = []
    for row in read_rows(path):
        kind = row.fields.get("kind")
        if kind not in ("flag", "rank", "demonstrate"):
            raise InputError("is none of flag, rank, demonstrate", f"{row.where}: kind")
        truth = {"flag": "sensitive", "rank": "ranks"}.get(kind)
        if truth is not None and row.fields.get(truth) is None:
            raise InputError("missing", f"{row.where}: {truth}", "say what the right answer is")
        try:
            tasks.append(screening_task(row.fields))
        except ValidationError as error:
            raise explain(error, Task, row.where) from None
    return [*tasks, Task(kind=TaskKind.assess, screening=True)]


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
        sources=tuple(" = ".join(texts[text]) for text in chosen),
    )
