"""What labelers say yes to (the paper's Figure 4): four questions, a bar for each model."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from tutelage.evaluation.metadata import QUESTIONS, Question
from tutelage.report.drawing import (
    Drawing,
    bare,
    draw_interval,
    few_ticks,
    finish,
    panels,
    percent_axis,
)
from tutelage.report.names import INK, colour, model_name
from tutelage.report.results import Rate, in_model_order

TITLES = {
    "attempts_correct_instruction": "Attempts the correct\ninstruction",
    "follows_explicit_constraints": "Follows explicit\nconstraints",
    "closed_domain_hallucination": "Hallucinations\n(fewer is better)",
    "appropriate_for_customer_assistant": "Appropriate for a\ncustomer assistant",
}
"""Of the questions that have a panel."""


def draw_metadata(metadata: Mapping[str, Mapping[str, Rate]]) -> Drawing:
    """The questions that labelers were asked, side by side."""
    raised = {flag for rates in metadata.values() for flag in rates}
    asked = [question for question in QUESTIONS if question.name in TITLES and question.flag in raised]
    figure, grid = panels(len(asked), 2.9, across=4, narrow=2, share_y=True)
    for axes, question in zip(grid, asked, strict=True):
        draw_question(axes, question, metadata)
    return finish(
        figure, "metadata", "Rates at which labelers answer four yes-or-no questions about each model"
    )


def draw_question(axes: Axes, question: Question, metadata: Mapping[str, Mapping[str, Rate]]) -> None:
    """One panel of bars from 0 to 100 %."""
    models = [model for model in in_model_order(metadata) if question.flag in metadata[model]]
    for place, model in enumerate(models):
        raised = metadata[model][question.flag]
        rate, low, high = question.answered(raised.rate, raised.low, raised.high)
        shown = Rate(rate=rate, low=low, high=high)
        axes.bar(place, shown.rate, width=0.72, color=colour(model))
        draw_interval(axes, place, shown, upright=True)
        axes.text(
            place,
            shown.high + 0.02,
            f"{shown.rate * 100:.0f}",
            ha="center",
            va="bottom",
            fontsize=8,
            color=INK.value,
        )
    axes.set_title(TITLES[question.name])
    axes.set_ylim(0, 1.1)
    axes.set_xticks(
        range(len(models)),
        [model_name(model) for model in models],
        rotation=40,
        ha="right",
        rotation_mode="anchor",
    )
    axes.tick_params(axis="x", labelcolor=INK.value, labelsize=8)
    few_ticks(axes, 5, upright=True)
    percent_axis(axes, upright=True)
    axes.grid(axis="y")
    bare(axes, ["left"])
