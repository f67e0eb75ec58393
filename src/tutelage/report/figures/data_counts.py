"""How many prompts each data set has, by split and source (Table 6)."""

from collections.abc import Mapping

from tutelage.report.drawing import Drawing, bare, finish, lines, panels, thousands_axis
from tutelage.report.names import DATASET_NAMES, INK, SOFT, spoken
from tutelage.report.wording import count

SHADES = (0.85, 0.5, 0.28, 0.16)
"""Of the sources, in their order; more than these share the last."""


def draw_data_counts(counts: Mapping[str, Mapping[str, int]]) -> Drawing:
    """A bar for each data set and split, its sources end to end."""
    rows = {
        f"{DATASET_NAMES.get(dataset, spoken(dataset))}, {split}": sources
        for dataset, own in counts.items()
        for split, sources in by_split(own).items()
    }
    names = list(dict.fromkeys(source for sources in rows.values() for source in sources))
    figure, (axes,) = panels(1, 0.75 + 0.3 * len(rows))
    for number, source in enumerate(names):
        lefts = [sum(sources.get(before, 0) for before in names[:number]) for sources in rows.values()]
        axes.barh(
            range(len(rows)),
            [sources.get(source, 0) for sources in rows.values()],
            left=lefts,
            height=0.62,
            color=SOFT.value,
            alpha=SHADES[min(number, len(SHADES) - 1)],
            label=lines(source, 22) or "prompts",
        )
    for place, sources in enumerate(rows.values()):
        axes.annotate(
            count(sum(sources.values())),
            (sum(sources.values()), place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=INK.value,
        )
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [lines(row, 22) for row in rows])
    axes.tick_params(axis="y", labelcolor=INK.value)
    axes.margins(x=0.14)
    axes.locator_params(axis="x", nbins=4, integer=True)
    axes.set_xlabel("prompts")
    thousands_axis(axes)
    axes.grid(axis="x")
    bare(axes)
    if any(names):
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=min(4, len(names)), borderaxespad=0)
    told = ", ".join(f"{row} {sum(sources.values())}" for row, sources in rows.items())
    return finish(figure, "data-counts", f"Prompts of each data set: {told}")


def by_split(counts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """ "train labelers" -> 9 as "train" -> "labelers" -> 9; a source is empty where none is named."""
    found: dict[str, dict[str, int]] = {}
    for name, prompts in counts.items():
        split, _, source = name.partition(" ")
        found.setdefault(split, {})[source] = prompts
    return found
