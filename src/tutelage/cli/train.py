"""`tutelage train`: one stage of the method, on the user's own models and files."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from tutelage.cli.launching import (
    NnodesOption,
    NodeRankOption,
    NprocOption,
    Ranks,
    RendezvousOption,
    RestartsOption,
)
from tutelage.cli.run import SetOption
from tutelage.cli.status import INTERRUPTED
from tutelage.recipe import Recipe, load_recipe

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

FILE = "FILE"
OutOption = Annotated[
    Path,
    typer.Option(
        "--out",
        help="Folder of the model that comes out, new or a model to replace.",
        metavar="FOLDER",
        resolve_path=True,
    ),
]
RecipeOption = Annotated[str, typer.Option("--recipe", help="Settings: a recipe's file or name.")]
ModelOption = Annotated[
    str, typer.Option("--model", help="Folder of the model to start from, or OWNER/NAME@REVISION of the hub.")
]
DocumentsOption = Annotated[
    list[str] | None, typer.Option("--pretraining", help="Files of documents; may be repeated.", metavar=FILE)
]
DemonstrationsOption = Annotated[
    list[str] | None, typer.Option("--demonstrations", help="Files; may be repeated.", metavar=FILE)
]


@app.command()
def base(
    out: OutOption,
    pretraining: DocumentsOption = None,
    model: Annotated[
        str | None, typer.Option("--model", help="Model to go on with; a new one without.")
    ] = None,
    recipe: RecipeOption = "paper",
    overrides: SetOption = None,
) -> int:
    """Pretrain a base model on documents."""
    settings = load_recipe(recipe, overrides or ())
    from tutelage.pipeline import single

    return train(settings, lambda: single.train_base(settings, model, pretraining or [], out))


@app.command()
def sft(
    model: ModelOption,
    out: OutOption,
    demonstrations: DemonstrationsOption = None,
    pretraining: Annotated[
        list[str] | None,
        typer.Option(
            "--pretraining",
            help="Files of documents to mix in as ppo.initialization says; may be repeated.",
            metavar=FILE,
        ),
    ] = None,
    recipe: RecipeOption = "paper",
    overrides: SetOption = None,
) -> int:
    """Fine-tune a model on demonstrations; with documents mixed in it is the model that PPO starts from."""
    settings = load_recipe(recipe, overrides or ())
    from tutelage.pipeline import single

    return train(
        settings, lambda: single.train_sft(settings, model, demonstrations or [], pretraining or [], out)
    )


@app.command()
def reward(
    model: ModelOption,
    out: OutOption,
    comparisons: Annotated[
        list[str] | None,
        typer.Option("--comparisons", help="Files of rankings; may be repeated.", metavar=FILE),
    ] = None,
    demonstrations: DemonstrationsOption = None,
    recipe: RecipeOption = "paper",
    overrides: SetOption = None,
) -> int:
    """Train a reward model on rankings; with demonstrations their mean score is 0."""
    settings = load_recipe(recipe, overrides or ())
    from tutelage.pipeline import single

    return train(
        settings, lambda: single.train_reward(settings, model, comparisons or [], demonstrations or [], out)
    )


@app.command()
def judge(
    model: ModelOption,
    out: OutOption,
    answers: Annotated[
        list[str], typer.Option("--answers", help="Files of labelled answers; may be repeated.", metavar=FILE)
    ],
    label: Annotated[str, typer.Option(help="The column of the label, e.g. true or informative.")] = "true",
    recipe: RecipeOption = "paper",
    overrides: SetOption = None,
) -> int:
    """Train a judge of answers on labels; tried out on a tenth of the questions."""
    settings = load_recipe(recipe, overrides or ())
    from tutelage.pipeline import single

    return train(settings, lambda: single.train_judge(settings, model, answers, label, out))


@app.command()
def ppo(
    model: ModelOption,
    reward: Annotated[str, typer.Option("--reward", help="Folder of the reward model.")],
    out: OutOption,
    prompts: Annotated[
        list[str] | None, typer.Option("--prompts", help="Files of prompts; may be repeated.", metavar=FILE)
    ] = None,
    pretraining: DocumentsOption = None,
    recipe: RecipeOption = "paper",
    overrides: SetOption = None,
) -> int:
    """Train a policy by PPO-ptx against a reward model; by plain PPO with --set ppo.ptx_coefficient=0."""
    settings = load_recipe(recipe, overrides or ())
    from tutelage.pipeline import single

    return train(
        settings, lambda: single.train_ppo(settings, model, reward, prompts or [], pretraining or [], out)
    )


@app.callback()
def on_ranks(
    nproc: NprocOption = 1,
    nnodes: NnodesOption = 1,
    node_rank: NodeRankOption = 0,
    rendezvous: RendezvousOption = None,
    max_restarts: RestartsOption = 0,
) -> None:
    """One stage on your own models and files."""
    ranks = Ranks(nproc, nnodes, node_rank, rendezvous, max_restarts)
    if ranks.wanted:
        raise typer.Exit(ranks.launch())


def train(settings: Recipe, work: Callable[[], None]) -> int:
    """Do the work of a stage, with the other ranks where there are some."""
    from tutelage.distributed import joined
    from tutelage.pipeline.device import choose_device

    with joined(choose_device(settings.device).type):
        return carry_out(work)


NOT_KEPT = "nothing is kept; --keep does, where a command has it"


def carry_out(work: Callable[[], None], kept: bool = True) -> int:
    """Do the work; Ctrl-C leaves what the same command goes on from, where it is kept."""
    from tutelage.distributed import leads
    from tutelage.training import Interrupted

    try:
        work()
    except Interrupted:
        if leads():
            print(f"interrupted; {'what is done is kept: go on with the same command' if kept else NOT_KEPT}")
        return INTERRUPTED
    return 0
