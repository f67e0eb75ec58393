"""What alignment cost (§4.2)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from tutelage.report import beside_paper, findings, paper
from tutelage.report.figures.tax import draw_tax
from tutelage.report.figures.tax_changes import draw_tax_changes
from tutelage.report.names import model_name, shots_name, spoken
from tutelage.report.results import Interval, Results, in_model_order
from tutelage.report.sections.section import Picture, Section, Table
from tutelage.report.wording import DASH, decimal_interval, percent_interval, points_interval, signed_interval


def tax_section(results: Results) -> Section | None:
    """What alignment cost."""
    if not results.alignment_tax:
        return None
    return Section(
        "tax",
        "Alignment tax",
        "What did alignment cost?",
        findings.tax_finding(results),
        list(pictures(results)),
        "Multiple choice is by log-probability of the continuation; documents are texts the base model's "
        "training never saw. Changes are paired item by item, so that their intervals are much narrower "
        "than those of the scores.",
        paper.TAX,
        beside_paper.tax_here(results),
        list(tables(results)),
    )


def groups(results: Results) -> dict[str, list[str]]:
    """Tasks by how many examples stand before their questions, under the words for it; none where likelihoods are
    compared.
    """
    changes = results.tax_changes.models if results.tax_changes is not None else {}
    own = [*(results.alignment_tax or {}).values(), *changes.values()]
    names = dict.fromkeys(task for figures in own for task in figures)
    found: dict[int | None, list[str]] = {}
    for name in names:
        found.setdefault(results.tasks[name].shots if name in results.tasks else None, []).append(name)
    ordered = sorted(found, key=lambda shots: -1 if shots is None else shots)
    return {shots_words(shots): found[shots] for shots in ordered}


def shots_words(shots: int | None) -> str:
    """How a group of tasks is asked."""
    return "by likelihood" if shots is None else shots_name(shots)


def pictures(results: Results) -> Iterator[Picture]:
    """Of each group of tasks the changes, then the scores."""
    scores, changes = results.alignment_tax or {}, results.tax_changes
    parts = groups(results)
    for words, names in parts.items():
        anchor = words.replace(" ", "-")
        apart = f" Tasks asked {words}." if len(parts) > 1 else ""
        if changes is not None and (changed := measured(changes.models, names)):
            yield Picture(
                partial(draw_tax_changes, anchor, changes, results.tasks, changed),
                f"What each model lost or won against {model_name(changes.reference)} with the same items.{apart}",
            )
        if scored := measured(scores, names):
            yield Picture(
                partial(draw_tax, anchor, scores, results.tasks, scored),
                "What the base model could do, and what is left of it. Dashed: the base model's level."
                + apart,
            )


def tables(results: Results) -> Iterator[Table]:
    """Changes, laid open, and scores; a table for each group of tasks."""
    scores, changes = results.alignment_tax or {}, results.tax_changes
    parts = groups(results)
    for words, names in parts.items():
        apart = f", {words}" if len(parts) > 1 else ""
        if changes is not None and (changed := measured(changes.models, names)):
            title = f"Change against {model_name(changes.reference)}, paired item by item{apart}"
            yield task_table(title, results, changes.models, changed, written_change, folded=False)
        if scored := measured(scores, names):
            yield task_table(f"Scores{apart}", results, scores, scored, written_score)


def measured(figures: Mapping[str, Mapping[str, Interval]], names: Sequence[str]) -> list[str]:
    """Those of the named tasks that any model has a figure of."""
    return [name for name in names if any(name in own for own in figures.values())]


def task_table(
    title: str,
    results: Results,
    figures: Mapping[str, Mapping[str, Interval]],
    names: Sequence[str],
    written: Callable[[Results, Interval, str], str],
    *,
    folded: bool = True,
) -> Table:
    """A row for each task, a column for each model. figures: model -> task -> figure."""
    models = in_model_order(figures)
    return Table(
        title,
        ["", *[model_name(model) for model in models]],
        [
            [
                task_title(results, name),
                *[written(results, figures[m][name], name) if name in figures[m] else DASH for m in models],
            ]
            for name in names
        ],
        folded,
    )


def task_title(results: Results, task: str) -> str:
    """A task's name in a table."""
    return results.tasks[task].title if task in results.tasks else spoken(task)


def is_rate(results: Results, task: str) -> bool:
    """Whether a task's score is a share of right answers."""
    return task not in results.tasks or results.tasks[task].unit == "rate"


def written_score(results: Results, score: Interval, task: str) -> str:
    """A score with its interval in the task's unit."""
    return (
        percent_interval(score) if is_rate(results, task) else decimal_interval(score, digits(results, task))
    )


def written_change(results: Results, change: Interval, task: str) -> str:
    """A change with its interval: points of a rate, or the task's own unit."""
    return (
        points_interval(change) if is_rate(results, task) else signed_interval(change, digits(results, task))
    )


def digits(results: Results, task: str) -> int:
    """Digits after the point of what is not a rate."""
    return 1 if results.tasks[task].unit == "points" else 2
