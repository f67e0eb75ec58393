"""Drawings as SVG that reads on light and on dark pages: no background, and tones between the two.

matplotlib is loaded on first use, and without pyplot, which keeps every figure. Its settings hold for the whole
process, so that one drawing waits for another.
"""

import io
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 7.4
"""Inches."""

INK = "#7b7b7b"
"""Type: more than 4 : 1 against white and against a page that is nearly black."""

LINE = "#8888884d"
GREY = "#9a9a9a"
COLOURS = ("#4a86cf", "#d17a2c", "#3f9a68", "#a06fc7", "#d0566b", "#2f9aa3")

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "tutelage",  # the same drawing is the same file, which browsers may keep
    "font.size": 10.0,
    "text.color": INK,
    "text.parse_math": False,  # a dollar in somebody's name
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.grid": True,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "xtick.minor.size": 0.0,
    "legend.frameon": False,
    "lines.solid_capstyle": "butt",
}

_at_work = threading.Lock()


def draw(paint: Callable[["Axes"], None], height: float) -> bytes:
    """An SVG file of what is painted; height in inches."""
    import matplotlib
    from matplotlib.figure import Figure

    buffer = io.BytesIO()
    with _at_work, matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        paint(figure.subplots())
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue().replace(b"'DejaVu Sans'", b"system-ui, 'DejaVu Sans'")


def time_axis(axes: "Axes") -> None:
    """Label the horizontal axis, in days since 1970, with dates and times as far apart as they fit."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=8)
    formatter = ConciseDateFormatter(
        locator,
        formats=["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%H:%M:%S"],
        zero_formats=["%Y", "%b %Y", "%d %b", "%d %b", "%H:%M", "%H:%M:%S"],
        show_offset=False,
    )
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)
    axes.grid(axis="x", visible=False)


def legend_above(axes: "Axes", columns: int) -> None:
    """The names of what is drawn, in a row above it."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=columns,
        handlelength=0.9,
        handleheight=0.9,
        columnspacing=1.4,
        borderaxespad=0.2,
        borderpad=0.2,
    )


def shorten(name: str, length: int = 18) -> str:
    """A name that fits beside a drawing."""
    return name if len(name) <= length else name[: length - 1].rstrip() + "…"
