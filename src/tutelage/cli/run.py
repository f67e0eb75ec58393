"""`tutelage run`: the whole method."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tutelage.cli.status import INTERRUPTED
from tutelage.recipe import load_recipe

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


def run(
    recipe: RecipeArgument = "mini",
    overrides: SetOption = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder; runs/NAME by default.")] = None,
    until: Annotated[str | None, typer.Option(help="The last stage to do.", metavar="STAGE")] = None,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Pretrain the base model instead of loading one.")
    ] = False,
) -> int:
    """The whole method: base, SFT, rankings, reward model, PPO and PPO-ptx, evaluation, report."""
    settings = load_recipe(recipe, [*(overrides or ()), *(["base.model=null"] if from_scratch else ())])
    from tutelage.pipeline import run as carry_out
    from tutelage.report import Results, terminal_table
    from tutelage.training import Interrupted

    console = Console()
    try:
        folder = carry_out(settings, out, until=until, console=console)
    except Interrupted:
        console.print("interrupted; what is done is kept: go on with the same command")
        return INTERRUPTED
    if until is not None:
        console.print(f"{until} and the stages before it are done, in {folder}", soft_wrap=True)
        return 0
    console.print(terminal_table(Results.load(folder)))
    console.print(f"The report is at {folder / 'report.html'}", soft_wrap=True)
    return 0
