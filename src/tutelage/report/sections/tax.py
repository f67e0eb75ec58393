"""What alignment cost (§4.2)."""

from tutelage.report import comparisons, findings, paper
from tutelage.report.figures.tax import draw_tax
from tutelage.report.names import model_name, spoken
from tutelage.report.results import Interval, Results, in_model_order
from tutelage.report.sections.section import Picture, Section, Table
from tutelage.report.wording import decimal_interval, percent_interval, points_interval, signed_interval


def tax_section(results: Results) -> Section | None:
    """What alignment cost."""
    if not results.alignment_tax:
        return None
    changes = results.tax_changes
    tables = []
    if changes is not None and changes.models:
        models = in_model_order(changes.models)
        tasks = list(dict.fromkeys(task for model in models for task in changes.models[model]))
        tables.append(
            Table(
                f"Change against {model_name(changes.reference)}, paired item by item",
                ["", *[model_name(model) for model in models]],
                [
                    [
                        task_title(results, task),
                        *[written_change(results, changes.models[m].get(task), task) for m in models],
                    ]
                    for task in tasks
                ],
                folded=False,
            )
        )
    models = in_model_order(results.alignment_tax)
    tasks = list(dict.fromkeys(task for model in models for task in results.alignment_tax[model]))
    tables.append(
        Table(
            "Scores",
            ["", *[model_name(model) for model in models]],
            [
                [
                    task_title(results, task),
                    *[
                        written_score(results, results.alignment_tax[m][task], task)
                        if task in results.alignment_tax[m]
                        else ""
                        for m in models
                    ],
                ]
                for task in tasks
            ],
        )
    )
    return Section(
        "tax",
        "What did alignment cost?",
        findings.tax_finding(results),
        [
            Picture(
                draw_tax(results.alignment_tax, results.tasks),
                "What the base model could do, and what is left of it. Dashed: the base model's level.",
            )
        ],
        "Multiple choice is by log-probability of the continuation; documents are texts the base model's "
        "training never saw. Changes are paired item by item, so that their intervals are much narrower "
        "than those of the scores.",
        paper.TAX,
        comparisons.tax_here(results),
        tables,
    )


def task_title(results: Results, task: str) -> str:
    """A task's name in a table."""
    return results.tasks[task].title if task in results.tasks else spoken(task)


def is_rate(results: Results, task: str) -> bool:
    """Whether a task's score is a share of right answers."""
    return task not in results.tasks or results.tasks[task].unit == "rate"


def written_score(results: Results, score: Interval, task: str) -> str:
    """A score with its interval in the task's unit."""
    return percent_interval(score) if is_rate(results, task) else decimal_interval(score)


def written_change(results: Results, change: Interval | None, task: str) -> str:
    """A change with its interval: points of a rate, or the task's own unit."""
    if change is None:
        return ""
    return points_interval(change) if is_rate(results, task) else signed_interval(change)
