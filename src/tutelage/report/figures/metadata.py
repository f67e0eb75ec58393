"""What labelers say yes to (the paper's Figure 4): four questions, a bar for each model."""

from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.axes import Axes

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


@dataclass(frozen=True)
class Question:
    """One panel: a flag of Table 3, turned round where the paper's figure shows its opposite."""

    title: str
    flag: str
    opposite: bool


QUESTIONS = (
    Question("Attempts the correct\ninstruction", "fails_task", True),
    Question("Follows explicit\nconstraints", "satisfies_constraint", False),
    Question("Hallucinations\n(fewer is better)", "hallucination", False),
    Question("Appropriate for a\ncustomer assistant", "inappropriate", True),
)


def draw_metadata(metadata: Mapping[str, Mapping[str, Rate]]) -> Drawing:
    """The questions that labelers were asked, side by side."""
    asked = [question for question in QUESTIONS if any(question.flag in rates for rates in metadata.values())]
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
        rate = metadata[model][question.flag]
        shown = turned(rate) if question.opposite else rate
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
    axes.set_title(question.title)
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


def turned(rate: Rate) -> Rate:
    """The rate at which labelers say no."""
    return Rate(rate=1 - rate.rate, low=1 - rate.high, high=1 - rate.low, n=rate.n)
