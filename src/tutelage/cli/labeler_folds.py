"""`tutelage evaluate labeler-folds`: how well reward models do on labelers whom they have not learned from (§4.1)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tutelage.cli.data import is_store
from tutelage.cli.estimates import UNKNOWN_SPREAD, ends, share
from tutelage.cli.figures import write_figures
from tutelage.cli.rankings import BatchOption, RankingsOption, rankings_of
from tutelage.cli.run import SetOption
from tutelage.cli.train import RecipeOption, carry_out
from tutelage.recipe import load_recipe
from tutelage.schema import Purpose

if TYPE_CHECKING:
    from tutelage.evaluation.labeler_folds import FoldAccuracies
    from tutelage.pipeline.labeler_folds import Folds


def labeler_folds(
    model: Annotated[str, typer.Argument(help="Folder or hub name of an SFT model.", metavar="SFT_MODEL")],
    rankings: RankingsOption,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            help="Where the reward models (fold-1 ...) and the figures go.",
            metavar="FOLDER",
            resolve_path=True,
        ),
    ],
    folds: Annotated[int, typer.Option(help="How many groups of labelers.", min=2)] = 5,
    batch: BatchOption = None,
    recipe: RecipeOption = "paper",
    overrides: SetOption = None,
) -> int:
    """Train reward models without one group of labelers each, and test them on those seen and those unseen.

    Labelers are put into groups at random, as the recipe's seed says; the test is on prompts of the valid split. Of a
    store the rankings for training are taken. After Ctrl-C the same command goes on.
    """
    settings = load_recipe(recipe, overrides or ())
    found = rankings_of(rankings, batch, Purpose.training if is_store(rankings) else None, None)
    from tutelage.pipeline.labeler_folds import evaluate_labeler_folds

    def work() -> None:
        divided, accuracies = evaluate_labeler_folds(settings, model, found, folds, out)
        about = {"model": model, "rankings": rankings, "batch": batch, "groups": divided.groups}
        write_figures(str(out / "accuracy.json"), {**about, "figures": accuracies})
        Console().print(table_of(divided, accuracies))

    return carry_out(work)


def table_of(folds: "Folds", found: "FoldAccuracies") -> Table:
    """Seen, unseen, their difference, and each group."""
    difference = found.difference
    table = Table("labelers", "accuracy", "pairs")
    table.add_row("seen in training", share(found.seen), str(found.seen.n))
    table.add_row("unseen", share(found.unseen), str(found.unseen.n))
    table.add_row("difference", f"{difference.value:+.1%} ({ends(difference, '+.1%')})", str(difference.n))
    for group, accuracy in zip(folds.groups, found.by_fold, strict=True):
        told = UNKNOWN_SPREAD if accuracy is None else share(accuracy)
        table.add_row(Text(f"unseen: {', '.join(group)}"), told, str(accuracy.n if accuracy else 0))
    return table
