"""The run itself: where the time went, and what differs from the paper."""

from tutelage.report.differences import differences
from tutelage.report.figures.seconds import draw_seconds
from tutelage.report.names import stage_name
from tutelage.report.results import Results
from tutelage.report.sections.section import Picture, Section, Table
from tutelage.report.wording import duration, percent


def seconds_section(results: Results) -> Section | None:
    """Where the time went."""
    if not results.seconds:
        return None
    total = sum(results.seconds.values())
    longest = max(results.seconds, key=lambda stage: results.seconds[stage])
    return Section(
        "seconds",
        "Where did the time go?",
        f"{duration(total)} in all; {percent(results.seconds[longest] / total if total else 0, 0)} of it in "
        f"one stage, {stage_name(longest)}.",
        [Picture(draw_seconds(results.seconds), "Wall-clock time of each stage.")],
    )


def recipe_section(results: Results) -> Section:
    """What was different from the paper."""
    found = differences(results.recipe)
    if not found:
        return Section(
            "recipe", "What differs from the paper?", "Nothing: every value of the recipe is the paper's."
        )
    rows = [[row.field, row.paper, row.here, row.description.replace("`", "")] for row in found]
    return Section(
        "recipe",
        "What differs from the paper?",
        f"{len(found)} values of the recipe are not the paper's; all others are.",
        tables=[Table("", ["field", "paper", "here", "what it is"], rows, folded=False)],
    )
