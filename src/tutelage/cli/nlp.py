"""`tutelage evaluate nlp`: the alignment tax on public tasks (§4.2), zero- and few-shot, each against a baseline."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tutelage.cli.exams import (
    LimitOption,
    ModelsArgument,
    RawOption,
    SeedOption,
    TemperatureOption,
    folders_of,
)
from tutelage.cli.scores import BaselineOption, OutOption, check_out, show
from tutelage.cli.train import carry_out
from tutelage.schema import InputError

if TYPE_CHECKING:
    from tutelage.evaluation.scores import Scores

OTHERS_TOKENS = 256
"""The longest answer in a task of the harness that does not say it."""


def nlp(
    models: ModelsArgument,
    task: Annotated[
        list[str],
        typer.Option(
            help="NAME=FILE for squadv2, drop, fr_to_en, tldr, cnn_dm (a file, or a hub's set: owner/name@split); "
            "a bare NAME is a task of lm-evaluation-harness. Several times for several tasks.",
            metavar="TASK",
        ),
    ],
    shots: Annotated[
        list[int] | None, typer.Option(help="Examples before each question; several times; else 0.", min=0)
    ] = None,
    limit: LimitOption = None,
    temperature: TemperatureOption = 0.0,
    seed: SeedOption = 0,
    raw: RawOption = False,
    keep: Annotated[
        str | None,
        typer.Option(help="A folder in which the answers are kept, from which the same command goes on."),
    ] = None,
    harness_tasks: Annotated[
        str | None, typer.Option(help="A folder of further tasks of the harness, as YAML.", metavar="FOLDER")
    ] = None,
    baseline: BaselineOption = None,
    out: OutOption = None,
) -> int:
    """Public tasks: SQuAD 2.0, DROP, TL;DR, CNN/DM, WMT 2015 French to English, and all of lm-evaluation-harness."""
    check_out(out)
    numbers = sorted(set(shots or [0]))
    own, others = told_apart(task)
    folders = folders_of(models, baseline)
    from tutelage.evaluation.samples import score_samples
    from tutelage.evaluation.scores import joined
    from tutelage.evaluation.sets.texts import TEXT_SETS, framings_of
    from tutelage.evaluation.tasks import TASKS
    from tutelage.pipeline.examination import examine
    from tutelage.pipeline.kept_samples import Asking, KeptSamples

    # all of them are read before the first is asked
    sets = {name: TEXT_SETS[name].divided(place, numbers[-1], limit, seed) for name, place in own.items()}
    askings = {name: Asking(temperature, TEXT_SETS[name].tokens, raw, seed=seed) for name in own}
    kept = {
        name: KeptSamples(kept_in(keep, name), TASKS[name], asking, folders)
        for name, asking in askings.items()
    }

    def work() -> None:
        # held here, since the harness closes standard output while it runs
        console = Console(file=sys.stdout)
        found: list[Scores] = []
        if others:  # first, since the harness may find only now that it lacks a task's data
            from tutelage.pipeline.harness_scores import examine_by_harness

            asking = Asking(temperature, OTHERS_TOKENS, raw, seed=seed)
            found += examine_by_harness(folders, others, numbers, limit, harness_tasks, asking, console)
        for name, (examples, items) in sets.items():
            framings = framings_of(TEXT_SETS[name].instruction, examples, numbers)
            samples = examine(folders, items, framings, TASKS[name], askings[name], kept[name], console)
            found += [each.renamed(f"{name} ") for each in score_samples(samples, TASKS[name])]
        about = {"task": "nlp", "tasks": task, "shots": numbers, "limit": limit, "models": folders}
        show(joined(found), baseline, out, {**about, "temperature": temperature, "raw": raw, "seed": seed})

    return carry_out(work, kept=keep is not None)


def told_apart(tasks: Sequence[str]) -> tuple[Mapping[str, str], list[str]]:
    """Name -> place of the tasks that are ours, and the names of the harness's.

    Raises:
        InputError: a place for a task that is not ours, none for one that is, or a task named twice.
    """
    from tutelage.evaluation.sets.texts import TEXT_SETS

    own: dict[str, str] = {}
    others: list[str] = []
    for each in tasks:
        name, equals, place = each.partition("=")
        if name in own or name in others:
            raise InputError(f"{name} is named twice", "--task", "name it once")
        if name in TEXT_SETS and not place:
            raise InputError(f"the data of {name} are missing", "--task", f"write {name}=FILE")
        if name not in TEXT_SETS and equals:
            known = ", ".join(TEXT_SETS)
            raise InputError(
                f"{name} is none of {known}", "--task", "the harness has its own data: name it alone"
            )
        if place:
            own[name] = place
        else:
            others.append(name)
    return own, others


def kept_in(folder: str | None, name: str) -> str | None:
    """The file of a task's answers. Raises InputError where the folder is a file."""
    if folder is None:
        return None
    if Path(folder).is_file():
        raise InputError("this is a file, not a folder", folder, "name a folder")
    return str(Path(folder) / f"{name}.jsonl")
