"""The run itself: where the time went, and what differs from the paper."""

from functools import partial

from tutelage.report import beside_paper, paper
from tutelage.report.cost import PARTS, cost_of
from tutelage.report.differences import differences
from tutelage.report.figures.data_counts import by_split, draw_data_counts
from tutelage.report.figures.seconds import draw_seconds
from tutelage.report.names import DATASET_NAMES, spoken, stage_name
from tutelage.report.results import Results
from tutelage.report.sections.section import Picture, Section, Table
from tutelage.report.wording import DASH, count, decimal, duration, percent


def data_section(results: Results) -> Section | None:
    """How many prompts each of the three data sets has."""
    counts = {dataset: own for dataset, own in results.data_counts.items() if own}
    if not counts:
        return None
    parts = {DATASET_NAMES.get(name, spoken(name)): by_split(own) for name, own in counts.items()}
    told = [
        f"{name} {count(sum(sum(sources.values()) for sources in splits.values()))}"
        for name, splits in parts.items()
    ]
    rows = list(
        dict.fromkeys(
            (split, source)
            for splits in parts.values()
            for split, sources in splits.items()
            for source in sources
        )
    )
    return Section(
        "data",
        "Data",
        "What was it made from?",
        f"Prompts in all: {', '.join(told)}.",
        [
            Picture(
                partial(draw_data_counts, counts),
                "Prompts of each data set, by split and by where they come from.",
            )
        ],
        "Demonstrations are written to SFT's prompts, rankings to the reward model's; PPO needs prompts alone. Splits "
        "are by user, so no validation prompt is of somebody whom training has seen.",
        paper.DATA,
        tables=[
            Table(
                "Prompts",
                ["split", "source", *parts],
                [
                    [
                        split,
                        source or DASH,
                        *[
                            count(splits[split][source]) if source in splits.get(split, {}) else DASH
                            for splits in parts.values()
                        ],
                    ]
                    for split, source in rows
                ],
            )
        ],
    )


def seconds_section(results: Results) -> Section | None:
    """Where the time went, and how much of it is alignment."""
    if not results.seconds:
        return None
    total = sum(results.seconds.values())
    longest = max(results.seconds, key=lambda stage: results.seconds[stage])
    cost = cost_of(results)
    said = [
        f"{duration(total)} in all; {percent(results.seconds[longest] / total if total else 0, 0)} of it in "
        f"one stage, {stage_name(longest)}.",
        f"Alignment, from the data to the policies, is {percent(cost.alignment, 0)} of the whole.",
    ]
    if cost.core_hours is not None:
        threads = "1 thread" if cost.threads == 1 else f"{cost.threads} threads"
        said.append(f"On {threads} that is {decimal(cost.core_hours)} core-hours at most.")
    rows = [
        [spoken(part), duration(cost.seconds[part]), percent(cost.seconds[part] / total if total else 0)]
        for part in PARTS
    ]
    stages = [
        [stage_name(stage), duration(took), percent(took / total if total else 0)]
        for stage, took in results.seconds.items()
    ]
    return Section(
        "seconds",
        "Time and cost",
        "Where did the time go?",
        " ".join(said),
        [Picture(partial(draw_seconds, results.seconds), "Wall-clock time of each stage.")],
        "A base model that was loaded and not pretrained here costs nothing here, so the share of the alignment is "
        "then one of the run, not of the model.",
        paper.COST,
        beside_paper.cost_here(results),
        tables=[
            Table("Time by part", ["", "time", "share"], rows),
            Table("Time by stage", ["", "time", "share"], stages),
        ],
    )


def recipe_section(results: Results) -> Section:
    """What was different from the paper."""
    found = differences(results.recipe)
    if not found:
        return Section(
            "recipe",
            "Recipe",
            "What differs from the paper?",
            "Nothing: every value of the recipe is the paper's.",
        )
    rows = [[row.field, row.paper, row.here, row.description.replace("`", "")] for row in found]
    return Section(
        "recipe",
        "Recipe",
        "What differs from the paper?",
        f"{len(found)} values of the recipe are not the paper's; all others are.",
        tables=[Table("", ["field", "paper", "here", "what it is"], rows, folded=False)],
    )
