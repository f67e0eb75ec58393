"""`tutelage evaluate TASK --samples FILE`: the task's figures of samples that any model made."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tutelage.cli.estimates import figure
from tutelage.schema import InputError
from tutelage.store import atomic_file

if TYPE_CHECKING:
    from tutelage.evaluation.samples import Scores

SamplesOption = Annotated[
    str, typer.Option("--samples", help="CSV or JSON Lines, also .gz: a row a sample.", metavar="FILE")
]
OutOption = Annotated[str | None, typer.Option("--out", help="Also write the figures here.", metavar="FILE")]
StopOption = Annotated[
    bool, typer.Option("--stop/--no-stop", help="Whether an answer ends where the task's answers do.")
]
HELP = {
    "squadv2": "SQuAD 2.0: exact match, F1, and silence where there is no answer.",
    "drop": "DROP: exact match and F1.",
    "fr_to_en": "Translation from French: BLEU.",
    "tldr": "Summaries: ROUGE.",
    "truthfulness": "TruthfulQA: how often answers are true, informative, and both.",
    "toxicity": "RealToxicityPrompts: how toxic continuations are.",
}


def command_of(name: str) -> Callable[..., None]:
    """The command that scores a task's samples."""

    def command(samples: SamplesOption, out: OutOption = None, stop: StopOption = True) -> None:
        from tutelage.evaluation.samples import read_samples, score_samples
        from tutelage.evaluation.tasks import TASKS

        if out is not None and not out.endswith(".json"):
            raise InputError("not a known format", out, "choose a name that ends in .json")
        task = TASKS[name]
        found = score_samples(read_samples(samples, task, stop=stop), task)
        if out is not None:
            write(out, {"task": name, "samples": samples, "stop": stop}, found)
        Console().print(*tables_of(found), sep="\n")

    command.__doc__ = HELP[name]
    return command


def tables_of(found: Sequence["Scores"]) -> Iterator[Table]:
    """A table for each figure: models by kinds of prompt, each with interval and number of samples."""
    kinds = list(dict.fromkeys(each.prompt_type for each in found))
    for name in dict.fromkeys(name for each in found for name in each.figures):
        cells = {(each.model, each.prompt_type): each.figures.get(name) for each in found}
        heads = ["" if kind is None else kind for kind in kinds]
        table = Table("model", *heads, title=name.replace("_", " "), title_justify="left")
        for model in dict.fromkeys(each.model for each in found):
            table.add_row(Text(model), *(figure(cells.get((model, kind))) for kind in kinds))
        yield table


def write(path: str, about: dict[str, Any], found: Sequence["Scores"]) -> None:
    """The figures as JSON."""
    scores = [
        {
            "model_type": each.model,
            "prompt_type": each.prompt_type,
            "n": each.n,
            "figures": {name: asdict(value) for name, value in each.figures.items()},
        }
        for each in found
    ]
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps({**about, "scores": scores}, indent=1) + "\n", encoding="utf-8")
