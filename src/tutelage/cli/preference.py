"""`tutelage evaluate preference`: whose completions labelers prefer, from rankings that name their sources."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tutelage.cli.data import open_existing
from tutelage.cli.estimates import number, share
from tutelage.cli.rankings import (
    BatchOption,
    PurposeOption,
    RankingsOption,
    SplitOption,
    rankings_of,
)
from tutelage.cli.sample import is_store
from tutelage.schema import InputError, Ranking, suggestion

if TYPE_CHECKING:
    from tutelage.labelers.intervals import Estimate

UNKNOWN = "unknown"
"""The group of labelers that a file's rankings name."""


def preference(
    rankings: RankingsOption,
    baseline: Annotated[str, typer.Option(help="The model that the others are held against.")],
    batch: BatchOption = None,
    purpose: PurposeOption = None,
    split: SplitOption = None,
) -> None:
    """How often labelers prefer each model to a baseline: by group and use case, and at equal length."""
    from tutelage.evaluation import bradley_terry, length_controlled_win_rates, win_rates
    from tutelage.evaluation.preference import apart

    found = [apart(each) for each in rankings_of(rankings, batch, purpose, split) if each.sources]
    models = sorted({source for each in found for source in each.sources or ()})
    if len(models) < 2:
        raise InputError("the rankings do not name two models in `sources`", rankings)
    if baseline not in models:
        raise InputError(f"no model {baseline!r} is ranked", "--baseline", suggestion(baseline, models))
    compared = [each for each in found if each.sources and {baseline} < set(each.sources)]
    if not compared:
        raise InputError(f"nothing is ranked beside {baseline!r}", rankings)
    groups = by_group(compared, rankings)
    overall, equal = win_rates(compared, baseline), length_controlled_win_rates(compared, baseline)
    strengths = bradley_terry(found, baseline=baseline)

    console = Console()
    parts = {name: win_rates(own, baseline) for name, own in groups.items()}
    table = Table("model", "all", *(parts if len(parts) > 1 else ()), "at equal length", "strength", "n")
    for model, rate in overall.items():
        cells = [share(each.get(model)) for each in parts.values()] if len(parts) > 1 else []
        table.add_row(
            Text(model), share(rate), *cells, share(equal[model]), number(strengths.get(model)), str(rate.n)
        )
    console.print(f"preferred to {baseline}; a tie is half", highlight=False)
    console.print(table)
    cases = by_use_case(compared)
    if len(cases) > 1:
        console.print(table_of({name: win_rates(own, baseline) for name, own in cases.items()}, overall))


def table_of(parts: Mapping[str, Mapping[str, "Estimate"]], models: Mapping[str, "Estimate"]) -> Table:
    """Models by the parts of the prompts."""
    table = Table("use case", *models)
    for name, rates in parts.items():
        table.add_row(name, *(share(rates.get(model)) for model in models))
    return table


def by_group(found: Sequence[Ranking], place: str) -> dict[str, list[Ranking]]:
    """The rankings of each group of labelers, where a store knows them."""
    known: dict[str, str] = {}
    if is_store(place):
        with open_existing(place) as database:
            known = {labeler.name: labeler.group for labeler in database.labelers()}
    groups: dict[str, list[Ranking]] = defaultdict(list)
    for each in found:
        groups[known.get(each.labeler or "", UNKNOWN)].append(each)
    return dict(sorted(groups.items()))


def by_use_case(found: Sequence[Ranking]) -> dict[str, list[Ranking]]:
    """The rankings of each use case; those of none stand under `other`."""
    cases: dict[str, list[Ranking]] = defaultdict(list)
    for each in found:
        cases[each.prompt.use_case or "other"].append(each)
    return dict(sorted(cases.items()))
