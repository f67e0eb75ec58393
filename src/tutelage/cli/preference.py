"""`tutelage evaluate preference`: whose completions labelers prefer, and what they say of each.

`--out FILE.json` holds all figures, also what the terminal shows only where there are several groups or use cases:

    {"rankings", "batch", "purpose", "split", "baseline",       what was asked for
     "win_rates": {MODEL: F},  "win_rates_by_group": {GROUP: {MODEL: F}},  "win_rates_by_use_case": {CASE: {MODEL: F}},
     "win_rates_at_equal_length": {MODEL: F},  "strengths": {MODEL: F},
     "likert": {MODEL: F},  "likert_by_group": {GROUP: {MODEL: F}},  "questions": {QUESTION: {MODEL: F}},
     "group_agreement": {GROUP: {GROUP: F}},  "labeler_agreement": {LABELER: {GROUP: F}}}

F is {"value", "low", "high", "n", "clusters"}, clusters the prompts; of one prompt alone low and high are null. What
nothing was said of is absent: without ratings `likert` is {}, and so is each question's.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from tutelage.cli.estimates import number, share
from tutelage.cli.figures import plain, write_figures
from tutelage.cli.rankings import (
    BatchOption,
    PurposeOption,
    RankingsOption,
    SplitOption,
    groups_of,
    rankings_of,
    ratings_of,
)
from tutelage.cli.scores import OutOption, check_out
from tutelage.schema import SAME_OUTPUT, InputError, Ranking, demand, suggestion

if TYPE_CHECKING:
    from tutelage.evaluation.panel import Figures, Panel


def preference(
    rankings: RankingsOption,
    baseline: Annotated[str, typer.Option(help="The model that the others are held against.")],
    batch: BatchOption = None,
    purpose: PurposeOption = None,
    split: SplitOption = None,
    out: OutOption = None,
) -> None:
    """How often labelers prefer each model to a baseline, by group and use case and at equal length.

    And of a store what they said of each output, where it was rated, and how often they agree.
    """
    check_out(out)
    found = rankings_of(rankings, batch, purpose, split)
    check_baseline(found, baseline, rankings)
    from tutelage.evaluation.panel import measure_panel

    demand("choix", "evaluate")
    ratings = ratings_of(rankings, batch, purpose, split)
    panel = measure_panel(found, ratings, groups_of(rankings), baseline)
    if out is not None:
        about = {"rankings": rankings, "batch": batch, "purpose": purpose, "split": split}
        write_figures(out, {**about, "baseline": baseline, **plain(panel)})
    console = Console()
    for each in shown(panel, baseline):
        console.print(each)


def check_baseline(found: list[Ranking], baseline: str, place: str) -> None:
    """Raises InputError where the rankings do not compare two models, of which the baseline is one."""
    named = [
        {model for source in each.sources for model in source.split(SAME_OUTPUT)}
        for each in found
        if each.sources
    ]
    models = sorted(set().union(*named))
    if len(models) < 2:
        raise InputError("the rankings do not name two models in `sources`", place)
    if baseline not in models:
        raise InputError(f"no model {baseline!r} is ranked", "--baseline", suggestion(baseline, models))
    if not any({baseline} < own for own in named):
        raise InputError(f"nothing is ranked beside {baseline!r}", place)


def shown(panel: "Panel", baseline: str) -> Iterator[Table | Text]:
    """What the terminal says."""
    yield Text(f"preferred to {baseline}; a tie is half")
    yield table_of_models(panel)
    if len(panel.win_rates_by_use_case) > 1:
        yield grid("use case", panel.win_rates_by_use_case, list(panel.win_rates))
    if panel.likert:
        yield Text("overall quality, 1 to 7")
        yield table_of_likert(panel)
        yield Text("what labelers said of the outputs; hallucinations where a text was given")
        questions = {name.replace("_", " "): own for name, own in panel.questions.items()}
        yield grid("", questions, list(panel.likert))
    if panel.group_agreement:
        yield Text("how often two labelers order two outputs the same way, ties left out")
        of_groups = {f"all {group}": own for group, own in panel.group_agreement.items()}
        rows = [*of_groups.items(), *panel.labeler_agreement.items()]
        yield grid("labelers", dict(rows), list(panel.group_agreement), "with ")
    else:
        yield Text("agreement of labelers: not enough data")


def table_of_models(panel: "Panel") -> Table:
    """A row for each model but the baseline."""
    groups = panel.win_rates_by_group if len(panel.win_rates_by_group) > 1 else {}
    table = Table(*map(head, ("model", "all", *groups, "at equal length", "strength", "n")))
    for model, rate in panel.win_rates.items():
        table.add_row(
            Text(model),
            share(rate),
            *(share(own.get(model)) for own in groups.values()),
            share(panel.win_rates_at_equal_length[model]),
            number(panel.strengths.get(model)),
            str(rate.n),
        )
    return table


def table_of_likert(panel: "Panel") -> Table:
    """A row for each model, the baseline too."""
    groups = panel.likert_by_group if len(panel.likert_by_group) > 1 else {}
    table = Table(*map(head, ("model", "all", *groups, "n")))
    for model, mean in panel.likert.items():
        cells = (number(own.get(model)) for own in groups.values())
        table.add_row(Text(model), number(mean), *cells, str(mean.n))
    return table


def grid(first: str, rows: Mapping[str, "Figures"], columns: list[str], before: str = "") -> Table:
    """Rates by rows and columns; before: what stands before each column's name."""
    table = Table(*map(head, (first, *(before + column for column in columns))))
    for name, own in rows.items():
        table.add_row(Text(name), *(share(own.get(column)) for column in columns))
    return table


def head(name: str) -> Column:
    """A column under a name as it is, whatever it would mean in markup; what is too long for it is not cut off."""
    return Column(Text(name), overflow="fold")
