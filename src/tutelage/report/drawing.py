"""Figures as inline SVG that takes its colours and its type from the page, so that it reads well by day and
by night.

A figure is drawn by matplotlib in the light page's colours; in the SVG every such colour becomes the page's
style variable. Text stays text: it can be selected, searched and read aloud. Every figure is drawn twice, as wide as
the page's column and as wide as a phone, since type that is scaled down to a phone cannot be read.
"""

import html
import io
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from tutelage.report.names import COLOURS, INK, LINE, SOFT
from tutelage.report.results import Interval

WIDE = 7.4
"""Inches that the page's text column is wide; at 9 points the figures' type is as large as the captions'."""
NARROW = 3.8
"""The same of a phone."""

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "tutelage",  # equal figures get equal ids: a page made twice is the same file
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.parse_math": False,  # a model may have a dollar in its name
    "text.color": INK.value,
    "axes.edgecolor": LINE.value,
    "axes.labelcolor": SOFT.value,
    "axes.titlecolor": INK.value,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9.0,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "grid.color": LINE.value,
    "grid.linewidth": 0.6,
    "xtick.color": LINE.value,
    "ytick.color": LINE.value,
    "xtick.labelcolor": SOFT.value,
    "ytick.labelcolor": SOFT.value,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.6,
}


@dataclass(frozen=True)
class Drawing:
    """An SVG element, ready to stand in the page, and the words that stand for it where it cannot be seen."""

    svg: str
    description: str


@contextmanager
def drawing_style(width: float = WIDE) -> Iterator[None]:
    """The type and lines of every figure, and the inches that it is wide."""
    with matplotlib.rc_context(STYLE | {"figure.figsize": (width, 1.0)}):
        yield


def is_narrow() -> bool:
    """Whether figures are being drawn for a phone."""
    return bool(matplotlib.rcParams["figure.figsize"][0] < WIDE)


def new_figure(height: float) -> Figure:
    """An empty figure as wide as the page's text; height in inches."""
    spacing = ConstrainedLayoutEngine(w_pad=0.07, h_pad=0.06, wspace=0.05, hspace=0.06)
    return Figure(figsize=(matplotlib.rcParams["figure.figsize"][0], height), layout=spacing)


def panels(
    count: int,
    height: float,
    *,
    across: int = 3,
    narrow: int = 1,
    share_x: bool = False,
    share_y: bool = False,
) -> tuple[Figure, list[Axes]]:
    """A figure of so many axes of a height in inches, `across` of them beside each other, on a phone `narrow`."""
    columns = min(count, narrow if is_narrow() else across)
    rows = -(-count // columns)
    figure = new_figure(0.1 + rows * height)
    cells = figure.subplots(rows, columns, sharex=share_x, sharey=share_y, squeeze=False).flat
    grid = list(cells)
    for axes in grid[count:]:
        axes.set_axis_off()
    return figure, grid[:count]


def is_leftmost(axes: Axes) -> bool:
    """Whether a panel stands at the left of its row, where the names of the rows are written."""
    place = axes.get_subplotspec()
    return place is None or place.is_first_col()


def lines(text: str, characters: int) -> str:
    """The text broken into at most four lines of so many characters, at spaces where it has them."""
    return "\n".join(wrap(text, characters, break_on_hyphens=False, max_lines=4, placeholder=" \u2026"))


def draw_interval(axes: Axes, place: float, figure: Interval, *, upright: bool, ink: str = INK.value) -> None:
    """The 95 % interval as a thin line through `place`."""
    along, across = ([place, place], [figure.low, figure.high])
    axes.plot(
        *((along, across) if upright else (across, along)), color=ink, linewidth=1.1, solid_capstyle="butt"
    )


def percent_axis(axes: Axes, *, upright: bool) -> None:
    """Label an axis of rates in percent."""
    axis = axes.yaxis if upright else axes.xaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.0f} %"))


def few_ticks(axes: Axes, count: int, *, upright: bool) -> None:
    """At most `count` labels on an axis, at round numbers."""
    (axes.yaxis if upright else axes.xaxis).set_major_locator(MaxNLocator(count))


def thousands_axis(axes: Axes) -> None:
    """Label an axis of counts with thin spaces between thousands."""
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}".replace(",", "\u2009")))


def bare(axes: Axes, sides: Iterable[str] = ("left", "bottom")) -> None:
    """Take the frame away on these sides."""
    for side in sides:
        axes.spines[side].set_visible(False)


def finish(figure: Figure, name: str, description: str) -> Drawing:
    """The figure as SVG. `name` keeps its ids apart from those of other figures in the page."""
    buffer = io.StringIO()
    with warnings.catch_warnings():
        # the reader's fonts draw the text, so what the font lacks that it is measured by does not matter
        warnings.filterwarnings("ignore", message="Glyph")
        # a name without end leaves no room; the tables have the figures all the same
        warnings.filterwarnings("ignore", message="constrained_layout not applied")
        lay_out(figure)
        figure.savefig(
            buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    name = f"{name}-narrow" if is_narrow() else name
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)  # it would hold for the whole page
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"'DejaVu Sans'", "var(--sans)", svg)
    svg = re.sub(r"<[^>]*>", rounded, svg)
    for colour in COLOURS:
        svg = svg.replace(colour.value, f"var({colour.variable})")
    box = re.search(r'viewBox="([^"]*)"', svg)
    size = box.group(1) if box else "0 0 1 1"
    label = html.escape(description, quote=True)
    opening = (
        f'<svg viewBox="{size}" role="img" aria-label="{label}" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return Drawing(re.sub(r"<svg[^>]*>", opening, svg, count=1).strip(), description)


def lay_out(figure: Figure) -> None:
    """Set everything in its place. `savefig` alone would draw the whole figure once more for that."""
    FigureCanvasSVG(figure)  # text is measured as SVG has it
    engine = figure.get_layout_engine()
    assert engine is not None
    engine.execute(figure)
    figure.set_layout_engine(None)


def rounded(tag: re.Match[str]) -> str:
    """A tag with its coordinates to a hundredth of a point: nobody sees more, and the page is half as large."""
    return re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", tag[0])
