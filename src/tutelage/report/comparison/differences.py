"""In what several runs differ: fields of their recipes, and the sizes of what they were made from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tutelage.report.comparison.run import Run
from tutelage.report.differences import written
from tutelage.report.names import spoken
from tutelage.report.wording import DASH, count


def differing(runs: Sequence[Run]) -> list[list[str]]:
    """Rows of a field or a size and each run's value of it, where not all are alike; the name is no difference."""
    sizes = [{name: count(number) for name, number in run.results.counts.items()} for run in runs]
    rows = [[spoken(name), *values] for name, *values in unlike(sizes)]
    recipes = [{**dict(fields(run.results.recipe)), "seed": str(run.results.seed)} for run in runs]
    return rows + [row for row in unlike(recipes) if row[0] != "name"]


def unlike(columns: Sequence[Mapping[str, str]]) -> Iterator[list[str]]:
    """A key and its values in each column, where these are not all the same."""
    for key in dict.fromkeys(key for column in columns for key in column):
        values = [column.get(key, DASH) for column in columns]
        if len(set(values)) > 1:
            yield [key, *values]


def fields(recipe: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """A resolved recipe as dotted fields and values."""
    for name, value in recipe.items():
        if isinstance(value, Mapping) and value:
            yield from fields(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", written(value)
