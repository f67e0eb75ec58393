"""`tutelage evaluate squadv2|drop|fr_to_en|tldr|cnn_dm --samples FILE`: figures of samples that any model made."""

from collections.abc import Callable
from typing import Annotated

import typer

from tutelage.cli.scores import BaselineOption, OutOption, check_out, show

SamplesOption = Annotated[
    str, typer.Option("--samples", help="CSV or JSON Lines, also .gz: a row a sample.", metavar="FILE")
]
StopOption = Annotated[
    bool, typer.Option("--stop/--no-stop", help="Whether an answer ends where the task's answers do.")
]
HELP = {
    "squadv2": "SQuAD 2.0: exact match, F1, and silence where there is no answer.",
    "drop": "DROP: exact match and F1.",
    "fr_to_en": "Translation from French: BLEU.",
    "tldr": "Summaries of posts: ROUGE.",
    "cnn_dm": "Summaries of news: ROUGE.",
}


def command_of(name: str) -> Callable[..., None]:
    """The command that scores a task's samples."""

    def command(
        samples: SamplesOption,
        baseline: BaselineOption = None,
        out: OutOption = None,
        stop: StopOption = True,
    ) -> None:
        from tutelage.evaluation.samples import read_samples, score_samples
        from tutelage.evaluation.tasks import TASKS

        check_out(out)
        found = score_samples(read_samples(samples, TASKS[name], stop=stop), TASKS[name])
        show(found, baseline, out, {"task": name, "samples": samples, "stop": stop})

    command.__doc__ = HELP[name]
    return command
