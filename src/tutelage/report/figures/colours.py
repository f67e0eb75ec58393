"""Which colour is which model: the key of a figure that names its models nowhere else."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tutelage.report.drawing import is_narrow, lines
from tutelage.report.names import colour, model_name


def draw_key(figure: Figure, models: Sequence[str]) -> None:
    """A dot and a name for each model, above the panels."""
    dots = [Line2D([], [], marker="o", linestyle="", markersize=5, color=colour(model)) for model in models]
    figure.legend(
        dots,
        [lines(model_name(model), 22) for model in models],
        loc="outside upper left" if is_narrow() else "outside upper right",
        ncols=min(len(models), 4 if is_narrow() else 6),
        handlelength=0.6,
        handletextpad=0.4,
        columnspacing=1.0,
    )
