"""Where the time went."""

from collections.abc import Mapping

from matplotlib.patches import Patch

from tutelage.report.cost import PARTS, part_of
from tutelage.report.drawing import Drawing, bare, finish, lines, new_figure
from tutelage.report.names import INK, RM, SOFT, stage_name
from tutelage.report.wording import duration

SHADES = {"pretraining": (SOFT.value, 0.8), "alignment": (RM.value, 0.85), "evaluation": (SOFT.value, 0.35)}


def draw_seconds(seconds: Mapping[str, float]) -> Drawing:
    """A bar for each stage, in the order they ran, coloured by what it is part of."""
    stages = list(seconds)
    figure = new_figure(0.5 + 0.23 * len(stages))
    axes = figure.subplots()
    for place, stage in enumerate(stages):
        colour, alpha = SHADES[part_of(stage)]
        axes.barh(place, seconds[stage], height=0.66, color=colour, alpha=alpha)
        axes.annotate(
            duration(seconds[stage]),
            (seconds[stage], place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=INK.value,
        )
    axes.set_xlim(0, max(1e-9, *seconds.values()) * 1.25)
    axes.set_ylim(len(stages) - 0.5, -0.5)
    axes.set_yticks(range(len(stages)), [lines(stage_name(stage), 30) for stage in stages])
    axes.tick_params(axis="y", labelcolor=INK.value)
    axes.set_xticks([])
    bare(axes)
    there = {part_of(stage) for stage in stages}
    handles = [
        Patch(facecolor=SHADES[part][0], alpha=SHADES[part][1], label=part) for part in PARTS if part in there
    ]
    axes.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0)
    return finish(figure, "seconds", f"Seconds of each stage, {duration(sum(seconds.values()))} in all")
