"""Where the time went."""

from collections.abc import Mapping

from tutelage.report.drawing import Drawing, bare, finish, new_figure
from tutelage.report.names import INK, SOFT, stage_name
from tutelage.report.wording import duration


def draw_seconds(seconds: Mapping[str, float]) -> Drawing:
    """A bar for each stage, in the order they ran."""
    stages = list(seconds)
    figure = new_figure(0.25 + 0.23 * len(stages))
    axes = figure.subplots()
    axes.barh(range(len(stages)), list(seconds.values()), height=0.66, color=SOFT.value, alpha=0.55)
    for place, stage in enumerate(stages):
        axes.annotate(
            duration(seconds[stage]),
            (seconds[stage], place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=INK.value,
        )
    axes.set_xlim(0, max(1e-9, *seconds.values()) * 1.12)
    axes.set_ylim(len(stages) - 0.5, -0.5)
    axes.set_yticks(range(len(stages)), [stage_name(stage) for stage in stages])
    axes.tick_params(axis="y", labelcolor=INK.value)
    axes.set_xticks([])
    bare(axes)
    return finish(figure, "seconds", f"Seconds of each stage, {duration(sum(seconds.values()))} in all")
