"""Dots with their intervals: one for each model, or one for each model in each of several rows."""

from collections.abc import Callable, Mapping, Sequence

from matplotlib.axes import Axes

from tutelage.report.drawing import bare, draw_interval, lines
from tutelage.report.names import INK, LINE, PAPER, colour, model_name
from tutelage.report.results import Interval, in_model_order

ROW = 0.75
"""Of the distance between two rows, what their dots take."""


def draw_dots(
    axes: Axes, figures: Mapping[str, Interval], written: Callable[[float], str], *, labelled: bool = True
) -> None:
    """Models down the axis, figures along it, each value written above its dot."""
    models = in_model_order(figures)
    for place, model in enumerate(models):
        axes.axhline(place, color=LINE.value, linewidth=0.6)
        draw_interval(axes, place, figures[model], upright=False, ink=colour(model))
        axes.plot(figures[model].value, place, "o", markersize=6, color=colour(model))
        write_above(axes, figures[model].value, place, written(figures[model].value))
    axes.set_ylim(len(models) - 0.5, -0.75)
    axes.set_yticks(
        range(len(models)),
        [lines(model_name(model), 22) for model in models] if labelled else [""] * len(models),
    )
    axes.tick_params(axis="y", labelcolor=INK.value)
    bare(axes, ["left"])


def write_above(axes: Axes, value: float, place: float, text: str) -> None:
    """A value above its dot, readable where a line runs behind it."""
    axes.annotate(
        text,
        (value, place),
        xytext=(0, 6.5),
        textcoords="offset points",
        ha="center",
        fontsize=8,
        color=INK.value,
        bbox={"facecolor": PAPER.value, "edgecolor": "none", "pad": 0.6},
    )


def draw_dot_rows(
    axes: Axes,
    rows: Mapping[str, Mapping[str, Interval]],
    models: Sequence[str],
    *,
    labelled: bool = True,
    characters: int = 22,
) -> None:
    """A row for each label, in it a dot for each model, one below the other in the models' order.

    rows: label -> model -> figure; characters: of a label, before it is broken.
    """
    apart = ROW / max(1, len(models))
    for place, (_, figures) in enumerate(rows.items()):
        if place:
            axes.axhline(place - 0.5, color=LINE.value, linewidth=0.6)
        for number, model in enumerate(models):
            if model in figures:
                at = place + (number - (len(models) - 1) / 2) * apart
                draw_interval(axes, at, figures[model], upright=False, ink=colour(model))
                axes.plot(figures[model].value, at, "o", markersize=4.5, color=colour(model))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    names = [lines(label, characters) for label in rows] if labelled else [""] * len(rows)
    axes.set_yticks(range(len(rows)), names)
    axes.tick_params(axis="y", labelcolor=INK.value)
    axes.grid(axis="x")
    bare(axes, ["left"])
