"""The run in the terminal: the few tables that `tutelage run` ends with."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tutelage.report import findings
from tutelage.report.names import BOUND_NAMES, model_name, stage_name, task_name
from tutelage.report.results import GROUPS, Interval, Results, in_model_order
from tutelage.report.wording import decimal, duration, percent, percent_interval, points, signed


def terminal_table(results: Results) -> Group:
    """Win rates, reward model, KL, alignment tax and seconds of each stage; what was not measured is left out."""
    parts: list[RenderableType] = [Text(findings.headline(results), style="bold")]
    if found := findings.new_against_old_finding(results):
        parts.append(Text(found, style="bold"))
    parts.append(Text())
    for table in (
        models_table(results),
        reward_model_table(results),
        tax_table(results),
        seconds_table(results),
    ):
        if table is not None:
            parts += [table, Text()]
    parts += [Padding(Text(f"! {warning}", style="yellow"), (0, 1)) for warning in findings.warnings(results)]
    return Group(*parts)


def plain_table(title: str, *columns: str) -> Table:
    """A table without a cage: names at the left, numbers at the right."""
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for place, column in enumerate(columns):
        table.add_column(
            column, justify="left" if place == 0 else "right", header_style="dim", no_wrap=place > 0
        )
    return table


def models_table(results: Results) -> Table | None:
    """A row for each model: preferred to the baseline by each group, utility, KL."""
    preference, bound = results.preference, results.best_of_n
    if preference is None:
        return None
    groups = [group for group in reversed(GROUPS) if preference.of_group(group)]
    columns = {"utility": results.utility or {}, "KL, nats": results.kl or {}}
    columns = {title: means for title, means in columns.items() if means}
    table = plain_table(
        f"Preferred to {model_name(preference.baseline)} (95 % interval, by prompt)",
        "",
        *[f"by {findings.judges_name(results, group)}" for group in groups],
        *columns,
    )
    judged = {model: True for group in groups for model in preference.of_group(group)}
    for model in in_model_order(judged | {preference.baseline: True}):
        means = [decimal(own[model].mean) if model in own else "" for own in columns.values()]
        if model == preference.baseline:
            table.add_row(model_name(model), "baseline", *[""] * (len(groups) - 1), *means, style="dim")
        else:
            rates = [shown(preference.of_group(group).get(model)) for group in groups]
            table.add_row(model_name(model), *rates, *means)
    if bound is not None:
        for kind, name in BOUND_NAMES.items():
            rates = [shown(bound.of_group(group).get(kind)) for group in groups]
            if any(rates):
                table.add_row(f"Best of {bound.n} {name}", *rates, *[""] * len(columns), style="italic")
    return table


def shown(figure: Interval | None) -> str:
    """A rate with its interval, or nothing."""
    return "" if figure is None else percent_interval(figure)


def reward_model_table(results: Results) -> Table | None:
    """Accuracy beside agreement, for both groups."""
    measured = results.reward_model
    if measured is None:
        return None
    table = plain_table("Reward model on held-out prompts", "", "accuracy", "labelers agree")
    agreement = measured.labeler_agreement
    table.add_row(
        "training labelers",
        shown(measured),
        "" if agreement.training is None else percent(agreement.training),
    )
    if measured.heldout_labelers is not None:
        table.add_row(
            "held-out labelers",
            shown(measured.heldout_labelers),
            "" if agreement.heldout is None else percent(agreement.heldout),
        )
    if measured.labeler_folds is not None:
        table.add_row("labelers unseen in training", shown(measured.labeler_folds.unseen), "")
    return table


def tax_table(results: Results) -> Table | None:
    """A row for each task: the reference's score, and each model's change against it (or score, without changes)."""
    scores = results.alignment_tax
    if not scores:
        return None
    changes = results.tax_changes
    tasks = list(dict.fromkeys(task for model in in_model_order(scores) for task in scores[model]))
    reference = changes.reference if changes is not None else None
    models = [model for model in in_model_order(scores) if changes is None or model in changes.models]
    title = "Alignment tax" + (f": change against {model_name(reference)}" if reference else "")
    first = [model_name(reference)] if reference else []
    table = plain_table(title, "", *first, *[model_name(model) for model in models])
    for task in tasks:
        known = results.tasks.get(task)
        rates = known is None or known.unit == "rate"
        write = percent if rates else decimal
        row = [task_name(results, task)]
        if reference:
            row.append(write(scores[reference][task].score) if task in scores.get(reference, {}) else "")
        for model in models:
            if changes is not None:
                change = changes.models[model].get(task)
                row.append("" if change is None else plus_minus(change, rates))
            else:
                row.append(write(scores[model][task].score) if task in scores[model] else "")
        table.add_row(*row)
    return table


def plus_minus(change: Interval, rates: bool) -> str:
    """A change with half the width of its interval: points of a rate, else the task's own unit."""
    half = (change.high - change.low) / 2
    return (
        f"{points(change.value)} ± {half * 100:.1f}" if rates else f"{signed(change.value, 2)} ± {half:.2f}"
    )


def seconds_table(results: Results) -> Table | None:
    """A row for each stage, and all of them."""
    if not results.seconds:
        return None
    table = plain_table("Time", "", "")
    for stage, seconds in results.seconds.items():
        table.add_row(stage_name(stage), duration(seconds))
    table.add_row("in all", duration(sum(results.seconds.values())), style="bold")
    return table
