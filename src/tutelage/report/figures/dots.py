"""A dot with its interval for each model, one below the other: the plainest way to compare a few figures."""

from collections.abc import Callable, Mapping

from matplotlib.axes import Axes

from tutelage.report.drawing import bare, draw_interval
from tutelage.report.names import INK, LINE, PAPER, colour, model_name
from tutelage.report.results import Interval, in_model_order


def draw_dots(
    axes: Axes, figures: Mapping[str, Interval], written: Callable[[float], str], *, labelled: bool = True
) -> None:
    """Models down the axis, figures along it, each value written above its dot."""
    models = in_model_order(figures)
    for place, model in enumerate(models):
        axes.axhline(place, color=LINE.value, linewidth=0.6)
        draw_interval(axes, place, figures[model], upright=False, ink=colour(model))
        axes.plot(figures[model].value, place, "o", markersize=6, color=colour(model))
        axes.annotate(
            written(figures[model].value),
            (figures[model].value, place),
            xytext=(0, 6.5),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=INK.value,
            bbox={"facecolor": PAPER.value, "edgecolor": "none", "pad": 0.6},
        )
    axes.set_ylim(len(models) - 0.5, -0.75)
    axes.set_yticks(
        range(len(models)), [model_name(model) for model in models] if labelled else [""] * len(models)
    )
    axes.tick_params(axis="y", labelcolor=INK.value)
    bare(axes, ["left"])
