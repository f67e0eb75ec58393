"""What the commands share that put models through the paper's automatic evaluations (§4.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tutelage.cli.endpoints import refuse_without
from tutelage.cli.models import named_folders
from tutelage.cli.scores import check_baseline
from tutelage.schema import InputError

if TYPE_CHECKING:
    from tutelage.evaluation.samples import Sample, Task
    from tutelage.pipeline.kept_samples import Asking

MODELS = "Models' folders, names on the hub, or of a run RUN:NAME; a run's folder is its best model."
ModelsArgument = Annotated[list[str], typer.Argument(help=MODELS, metavar="MODEL")]
OptionalModels = Annotated[list[str] | None, typer.Argument(help=MODELS, metavar="MODEL")]
OptionalSamples = Annotated[
    str | None,
    typer.Option(
        "--samples", help="In place of models: samples made elsewhere, CSV or JSON Lines.", metavar="FILE"
    ),
]
LimitOption = Annotated[int | None, typer.Option(help="Only so many items, drawn at random.", min=1)]
TemperatureOption = Annotated[float, typer.Option(help="0 takes the likeliest token each time.", min=0)]
TokensOption = Annotated[int, typer.Option(help="Longest answer.", min=1)]
SeedOption = Annotated[int, typer.Option(help="Another seed gives other items and answers.")]
RawOption = Annotated[
    bool, typer.Option("--raw/--template", help="Texts as they stand, or in the model's chat template.")
]
KeepOption = Annotated[
    str | None,
    typer.Option(
        "--keep",
        help="Where the answers are kept (.jsonl), from which the same command goes on.",
        metavar="FILE",
    ),
]


def samples_of(
    models: Sequence[str] | None,
    samples: str | None,
    task: "Task",
    of_models: Mapping[str, object],
    stop: bool = True,
) -> Sequence["Sample"] | None:
    """Samples made elsewhere; None where models are named. of_models: the options that mean nothing without models.

    Raises:
        InputError: both are given, or neither, or samples with such an option.
    """
    from tutelage.evaluation.samples import read_samples

    if bool(models) == (samples is not None):
        raise InputError(
            "nothing to evaluate" if not models else "both models and samples",
            "MODEL, --samples",
            "name models, or a file of samples",
        )
    if samples is None:
        return None
    refuse_without("MODEL", None, of_models)
    return read_samples(samples, task, stop=stop)


def folders_of(models: Sequence[str] | None, baseline: str | None) -> dict[str, str]:
    """Name -> folder of the models; the baseline must be one of them."""
    folders = named_folders(models or [])
    check_baseline(baseline, list(folders))
    return folders


def demand_data(data: str | None, what: str) -> str:
    """The set's place. Raises InputError where none is given."""
    if data is None:
        raise InputError(f"{what} are missing", "--data", "name a file of the set, or its name on the hub")
    return data


def settings(folders: Mapping[str, str], data: str, limit: int | None, asking: "Asking") -> dict[str, Any]:
    """How the models were asked, for the file of figures."""
    return {"models": folders, "data": data, "limit": limit, **asdict(asking)}
