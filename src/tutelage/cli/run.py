"""`tutelage run`: the whole method."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tutelage.cli.launching import (
    NnodesOption,
    NodeRankOption,
    NprocOption,
    Ranks,
    RendezvousOption,
    RestartsOption,
)
from tutelage.cli.status import INTERRUPTED
from tutelage.recipe import load_recipe
from tutelage.schema import InputError

RecipeArgument = Annotated[
    str, typer.Argument(help="A recipe's file, or the name of a shipped one.", metavar="RECIPE")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A field of the recipe, e.g. ppo.kl_coefficient=0.05; may be repeated.",
        metavar="FIELD=VALUE",
    ),
]


class Labelers(StrEnum):
    """Who can rank what a run's models write."""

    simulated = "simulated"
    people = "people"


def run(
    recipe: RecipeArgument = "mini",
    overrides: SetOption = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder; runs/NAME by default.")] = None,
    until: Annotated[str | None, typer.Option(help="The last stage to do.", metavar="STAGE")] = None,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Pretrain the base model instead of loading one.")
    ] = False,
    continued: Annotated[
        Path | None,
        typer.Option(
            "--continue",
            help="A finished run, for its next round on prompts collected from its served models; or to go on with "
            "that.",
            metavar="RUN",
        ),
    ] = None,
    labelers: Annotated[
        Labelers | None,
        typer.Option(help="Who ranks in the next round; simulated in the embedded world, else people."),
    ] = None,
    nproc: NprocOption = 1,
    nnodes: NnodesOption = 1,
    node_rank: NodeRankOption = 0,
    rendezvous: RendezvousOption = None,
    max_restarts: RestartsOption = 0,
) -> int:
    """The whole method: base, SFT, rankings, reward model, PPO and PPO-ptx, evaluation, report."""
    changes = [*(overrides or ()), *(["base.model=null"] if from_scratch else ())]
    if continued is None:
        if labelers is not None:
            raise InputError("says nothing without --continue", "--labelers", "leave it out")
        settings = load_recipe(recipe, changes)
    elif out is not None or from_scratch or recipe != "mini":
        raise InputError(
            "a run goes on in its own folder, with its own recipe",
            "--continue",
            "leave out RECIPE, --out and --from-scratch; --set changes the recipe",
        )
    ranks = Ranks(nproc, nnodes, node_rank, rendezvous, max_restarts)
    if ranks.wanted:
        return ranks.launch()
    from tutelage.distributed import leads
    from tutelage.pipeline import continue_run
    from tutelage.pipeline import run as carry_out
    from tutelage.report import Results, terminal_table
    from tutelage.training import Interrupted

    console = Console()
    try:
        if continued is not None:
            changes += [] if labelers is None else [f"labelers={labelers}"]
            folder = continue_run(continued, changes, until=until, console=console)
        else:
            folder = carry_out(settings, out, until=until, console=console)
    except Interrupted:
        console.print("interrupted; what is done is kept: go on with the same command")
        return INTERRUPTED
    if not leads():
        return 0
    if until is not None:
        console.print(f"{until} and the stages before it are done, in {folder}", soft_wrap=True)
        return 0
    console.print(terminal_table(Results.load(folder)))
    console.print(f"The report is at {folder / 'report.html'}", soft_wrap=True)
    return 0
