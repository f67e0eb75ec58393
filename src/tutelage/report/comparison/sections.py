"""The sections of a comparison: what differs, each topic's figures run by run, and the time."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from tutelage.report import paper
from tutelage.report.comparison.differences import differing
from tutelage.report.comparison.run import Run, sizes
from tutelage.report.comparison.topics import POLICIES, TOPICS, ByRun, Measure, Topic
from tutelage.report.comparison.wording import written
from tutelage.report.cost import PARTS, cost_of
from tutelage.report.figures.over_runs import draw_over_runs
from tutelage.report.findings import listed
from tutelage.report.names import model_name, spoken
from tutelage.report.results import Results, in_model_order
from tutelage.report.sections.section import Picture, Section, Table, percent_or_dash
from tutelage.report.wording import DASH, decimal, duration


def comparison_sections(
    runs: Sequence[Run], compared: Mapping[str, Mapping[Measure, ByRun]]
) -> list[Section]:
    """What differs first, then topic by topic in the order of the paper, then seconds."""
    topics = [
        topic_section(topic, runs, compared[topic.anchor]) for topic in TOPICS if topic.anchor in compared
    ]
    return [differences_section(runs), *topics, *seconds_section(runs)]


def differences_section(runs: Sequence[Run]) -> Section:
    """Recipes and sizes side by side, where they are not the same."""
    rows = differing(runs)
    if not rows:
        return Section(
            "differences", "What differs", "In what do they differ?", "In nothing that is recorded."
        )
    return Section(
        "differences",
        "What differs",
        "In what do they differ?",
        f"{len(rows)} sizes and fields of the recipe are not the same in all runs; all others are.",
        tables=[Table("", ["", *[run.name for run in runs]], rows, folded=False)],
    )


def topic_section(topic: Topic, runs: Sequence[Run], measures: Mapping[Measure, ByRun]) -> Section:
    """A topic's panels and tables."""
    names = [run.name for run in runs]
    tables = [measure_table(measure, by_run, names) for measure, by_run in measures.items()]
    if topic.anchor == "reward-model" and any(agreement(run.results) for run in runs):
        agreed = [percent_or_dash(agreement(run.results)) for run in runs]
        tables.append(Table("Labelers agree", ["", *names], [["training labelers", *agreed]]))
    return Section(
        topic.anchor,
        topic.name,
        topic.title,
        finding(measures, names),
        [
            Picture(
                partial(draw_over_runs, topic.anchor, measures, names, sizes(runs)),
                "Each model over the number of its parameters; upright lines are 95 % intervals."
                if sizes(runs)
                else "A row for each run, a dot for each model; lines are 95 % intervals.",
            )
        ],
        topic.reading,
        topic.paper,
        tables=tables,
    )


def measure_table(measure: Measure, by_run: ByRun, names: Sequence[str]) -> Table:
    """A row for each model, a column for each run."""
    models = in_model_order({model: True for figures in by_run.values() for model in figures})
    return Table(
        measure.title[:1].upper() + measure.title[1:],
        ["", *names],
        [
            [model_name(model), *[written(by_run.get(name, {}).get(model), measure) for name in names]]
            for model in models
        ],
    )


def finding(measures: Mapping[Measure, ByRun], names: Sequence[str]) -> str:
    """The topic's first measure of the policy, in every run that has it, and whether two runs' intervals meet."""
    for measure, by_run in measures.items():
        for model in POLICIES:
            having = [name for name in names if model in by_run.get(name, {})]
            if len(having) < 2:
                continue
            told = listed([f"{written(by_run[name][model], measure)} in {name}" for name in having])
            said = f"{model_name(model)} ({measure.title}): {told}."
            if len(having) == 2:
                one, other = (by_run[name][model] for name in having)
                apart = one.high < other.low or other.high < one.low
                said += " The intervals " + ("do not overlap." if apart else "overlap.")
            return said
    return "No two runs have the same of it."


def agreement(results: Results) -> float | None:
    """How often two training labelers of a run agree."""
    return None if results.reward_model is None else results.reward_model.labeler_agreement.training


def seconds_section(runs: Sequence[Run]) -> Iterator[Section]:
    """What each part took in each run; nothing where no run was timed."""
    timed = [run for run in runs if run.results.seconds]
    if not timed:
        return
    costs = {run.name: cost_of(run.results) for run in timed}
    names = [run.name for run in runs]
    rows = [
        [spoken(part), *[duration(costs[name].seconds[part]) if name in costs else DASH for name in names]]
        for part in PARTS
    ]
    totals = {name: sum(cost.seconds.values()) for name, cost in costs.items()}
    rows.append(["In all", *[duration(totals[name]) if name in totals else DASH for name in names]])
    hours = {name: cost.core_hours for name, cost in costs.items()}
    if any(value is not None for value in hours.values()):
        cells = [hours.get(name) for name in names]
        rows.append(["Core-hours at most", *[DASH if cell is None else decimal(cell) for cell in cells]])
    yield Section(
        "seconds",
        "Time",
        "How long did each take?",
        listed([f"{name} took {duration(total)}" for name, total in totals.items()]) + ".",
        reading="Wall-clock time. Runs on other machines, or beside other work, are not comparable by it.",
        paper=paper.COST,
        tables=[Table("", ["", *names], rows, folded=False)],
    )
