"""`tutelage lineage`: which data, which models and which recipe made a run's models."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tutelage.schema import InputError, suggestion


def lineage(
    folder: Annotated[Path, typer.Argument(help="A run's folder.", metavar="RUN")],
    model: Annotated[
        str | None, typer.Argument(help="One of its models, by default all.", metavar="MODEL")
    ] = None,
) -> None:
    """Show what made a run's models: stages, data, when, and the identity of each; the cards hold the rest."""
    from tutelage.pipeline.folder import RunFolder
    from tutelage.pipeline.lineage import models_of, read_lineage
    from tutelage.recipe import load_recipe
    from tutelage.report.lineage import lineage_tree

    run = RunFolder(folder)
    found = read_lineage(run)
    recipe, models = load_recipe(run.recipe), models_of(run)
    if model is not None:
        if model not in models:
            raise InputError(f"no model {model!r}", str(run.models), suggestion(model, models))
        models = {model: models[model]}
    rounds = f", {recipe.rounds} rounds" if recipe.rounds > 1 else ""
    title = f"{folder}: recipe {recipe.name}, seed {recipe.seed}{rounds}"
    Console().print(lineage_tree(found, models, title), highlight=False)
