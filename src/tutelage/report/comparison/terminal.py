"""Several runs in the terminal: what differs, and the policies' figures side by side."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from tutelage.report.comparison.differences import differing
from tutelage.report.comparison.run import Run
from tutelage.report.comparison.topics import POLICIES, TOPICS, ByRun, Measure, compare
from tutelage.report.comparison.wording import plus_minus
from tutelage.report.names import model_name
from tutelage.report.terminal import plain_table
from tutelage.report.wording import DASH, duration


def comparison_table(runs: Sequence[Run]) -> Group:
    """What differs, the main figures of every model, and seconds. Raises InputError where nothing can be compared."""
    compared = compare(runs)
    names = [run.name for run in runs]
    parts: list[RenderableType] = []
    if rows := differing(runs):
        table = plain_table("What differs", "", *names)
        for row in rows:
            table.add_row(*row)
        parts += [table, Text()]
    table = plain_table("What the method made of each", "", "", *names)
    for topic in TOPICS:
        rows = policy_rows(compared.get(topic.anchor, {}), names)
        if rows:
            table.add_row(topic.name, style="bold")
        for row in rows:
            table.add_row(*row)
    if any(run.results.seconds for run in runs):
        took = [sum(run.results.seconds.values()) for run in runs]
        table.add_row("Time", "", *[duration(seconds) if seconds else DASH for seconds in took], style="bold")
    parts += [table, Text()]
    note = (
        "Each run's win rates are against its own SFT model: they do not say which run has the better model."
    )
    return Group(*parts, Padding(Text(f"! {note}", style="yellow"), (0, 1)))


def policy_rows(measures: Mapping[Measure, ByRun], names: Sequence[str]) -> list[list[str]]:
    """A row for each measure that is told everywhere and each policy: both names, then each run's figure with half the
    width of its interval.
    """
    return [
        [measure.title, "" if model == "reward_model" else model_name(model), *cells]
        for measure, by_run in measures.items()
        if measure.place == "everywhere"
        for model in reversed(POLICIES)
        if any(model in figures for figures in by_run.values())
        for cells in [[plus_minus(by_run.get(name, {}).get(model), measure) for name in names]]
    ]
