"""Figures of models as tables and as JSON: by model and kind of prompt, and as differences from a baseline."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tutelage.cli.estimates import difference, figure
from tutelage.cli.figures import write_figures
from tutelage.schema import InputError, suggestion

if TYPE_CHECKING:
    from tutelage.evaluation.scores import Scores
    from tutelage.labelers.intervals import Estimate

OutOption = Annotated[str | None, typer.Option("--out", help="Also write the figures here.", metavar="FILE")]
BaselineOption = Annotated[
    str | None,
    typer.Option(help="The model that the others are held against, prompt by prompt.", metavar="NAME"),
]
Cell = tuple[str, str | None]
"""A model and a kind of prompt."""


def check_out(out: str | None) -> None:
    """Raises InputError for a name that is none of a JSON file; before anything is measured."""
    if out is not None and os.path.isdir(out):
        raise InputError("this is a folder, not a file", out, "name a file")
    if out is not None and not out.endswith(".json"):
        raise InputError("not a known format", out, "choose a name that ends in .json")


def check_baseline(baseline: str | None, models: Sequence[str]) -> None:
    """Raises InputError for a baseline that is none of the models."""
    if baseline is not None and baseline not in models:
        raise InputError(f"no model {baseline!r}", "--baseline", suggestion(baseline, sorted(set(models))))


def show(found: Sequence["Scores"], baseline: str | None, out: str | None, about: Mapping[str, Any]) -> None:
    """Write the figures where they are wanted, and print them; about: what they are of."""
    from tutelage.evaluation.scores import changes

    check_baseline(baseline, [each.model for each in found])
    differences = {} if baseline is None else changes(found, baseline)
    if out is not None:
        write_figures(out, {**about, "baseline": baseline, "scores": rows_of(found, differences)})
    Console().print(*tables_of(found), *tables_of_differences(differences, baseline), sep="\n")


def tables_of(found: Sequence["Scores"]) -> Iterator[Table]:
    """A table for each figure: models by kinds of prompt, each with interval and number of samples."""
    cells = {(each.model, each.prompt_type): each.figures for each in found}
    for name in names_of(cells):
        yield table(name, {cell: figure(own.get(name)) for cell, own in cells.items()})


def tables_of_differences(
    differences: Mapping[Cell, Mapping[str, "Estimate"]], baseline: str | None
) -> Iterator[Table]:
    """The same for the differences from the baseline."""
    for name in names_of(differences):
        cells = {cell: difference(own.get(name)) for cell, own in differences.items()}
        yield table(f"{name}, change against {baseline}", cells)


def names_of(cells: Mapping[Cell, Mapping[str, "Estimate"]]) -> list[str]:
    """The figures that anybody has, in order of first appearance."""
    return list(dict.fromkeys(name for own in cells.values() for name in own))


def shown(name: str) -> str:
    """A name from a file without what would steer the terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)


def table(title: str, cells: Mapping[Cell, str]) -> Table:
    """Models by kinds of prompt."""
    kinds = list(dict.fromkeys(kind for _, kind in cells))
    heads = [escape(kind or "") for kind in kinds]
    found = Table("model", *heads, title=escape(title.replace("_", " ")), title_justify="left")
    for model in dict.fromkeys(model for model, _ in cells):
        found.add_row(Text(shown(model)), *(cells.get((model, kind), "–") for kind in kinds))
    return found


def rows_of(
    found: Sequence["Scores"], differences: Mapping[Cell, Mapping[str, "Estimate"]]
) -> list[dict[str, Any]]:
    """The figures of each model under each kind of prompt, and how they differ from the baseline's."""
    return [
        {
            "model_type": each.model,
            "prompt_type": each.prompt_type,
            "n": each.n,
            "figures": each.figures,
            "changes": differences.get((each.model, each.prompt_type), {}),
        }
        for each in found
    ]
