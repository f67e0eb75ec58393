"""`tutelage evaluate TASK --samples FILE`: the task's figures of samples that any model made."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tutelage.cli.estimates import figure
from tutelage.schema import InputError
from tutelage.store import atomic_file

if TYPE_CHECKING:
    from tutelage.evaluation.judged_answers import AnswerJudge
    from tutelage.evaluation.samples import Scores

SamplesOption = Annotated[
    str, typer.Option("--samples", help="CSV or JSON Lines, also .gz: a row a sample.", metavar="FILE")
]
OutOption = Annotated[str | None, typer.Option("--out", help="Also write the figures here.", metavar="FILE")]
StopOption = Annotated[
    bool, typer.Option("--stop/--no-stop", help="Whether an answer ends where the task's answers do.")
]
JudgeOption = Annotated[
    str | None,
    typer.Option("--judge", help="A judge of truth, where the file has no column `true`.", metavar="FOLDER"),
]
InfoJudgeOption = Annotated[
    str | None,
    typer.Option("--info-judge", help="A judge of informativeness, for `info` likewise.", metavar="FOLDER"),
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
        score(name, samples, out, stop, {})

    def judged(
        samples: SamplesOption,
        judge: JudgeOption = None,
        info_judge: InfoJudgeOption = None,
        out: OutOption = None,
        stop: StopOption = True,
    ) -> None:
        score(name, samples, out, stop, {"true": judge, "info": info_judge})

    chosen: Callable[..., None] = judged if name == "truthfulness" else command
    chosen.__doc__ = HELP[name]
    return chosen


def score(name: str, samples: str, out: str | None, stop: bool, judges: Mapping[str, str | None]) -> None:
    """Read, score, write and show; judges: by figure, the model that gives it where the file does not."""
    from tutelage.evaluation.samples import read_samples, score_samples, with_figures
    from tutelage.evaluation.tasks import TASKS

    if out is not None and not out.endswith(".json"):
        raise InputError("not a known format", out, "choose a name that ends in .json")
    task = TASKS[name]
    read = read_samples(samples, task, stop=stop)
    for figure_name, folder in judges.items():
        if folder is not None and figure_name not in (read[0].given or {}):
            read = with_figures(read, figure_name, load_judge(folder))
    found = score_samples(read, task)
    if out is not None:
        about = {"task": name, "samples": samples, "stop": stop}
        write(out, {**about, **{each: folder for each, folder in judges.items() if folder}}, found)
    Console().print(*tables_of(found), sep="\n")


def load_judge(folder: str) -> "AnswerJudge":
    """A judge that `tutelage train judge` made."""
    from tutelage.evaluation.judged_answers import AnswerJudge
    from tutelage.pipeline.display import silence_transformers
    from tutelage.rollout import load_reward_model

    silence_transformers()
    return AnswerJudge(load_reward_model(folder))


def tables_of(found: Sequence["Scores"]) -> Iterator[Table]:
    """A table for each figure: models by kinds of prompt, each with interval and number of samples."""
    kinds = list(dict.fromkeys(each.prompt_type for each in found))
    for name in dict.fromkeys(name for each in found for name in each.figures):
        cells = {(each.model, each.prompt_type): each.figures.get(name) for each in found}
        heads = [escape(kind or "") for kind in kinds]
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
