"""What the reward model's scores are worth in themselves: whether their differences are odds, and whether they
grow with length.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes

from tutelage.report.drawing import Drawing, bare, draw_interval, few_ticks, finish, panels, percent_axis
from tutelage.report.names import INK, RM, SOFT
from tutelage.report.results import CalibrationBin, RewardModel, ScoreAtLength


def draw_scores(reward_model: RewardModel) -> Drawing:
    """Left: calibration, with the diagonal. Right: mean score of completions of so many words."""
    wanted = [bool(reward_model.calibration), bool(reward_model.score_by_length)]
    figure, grid = panels(sum(wanted), 2.6, across=2)
    places = iter(grid)
    if reward_model.calibration:
        draw_calibration(next(places), reward_model.calibration)
    if reward_model.score_by_length:
        draw_score_by_length(next(places), reward_model.score_by_length)
    return finish(figure, "scores", "Calibration of the reward model, and its score by length")


def draw_calibration(axes: Axes, bins: Sequence[CalibrationBin]) -> None:
    """How often labelers prefer what the scores prefer, by how much they do."""
    axes.plot([0.5, 1], [0.5, 1], color=SOFT.value, linewidth=0.9, linestyle=(0, (3, 3)))
    for each in bins:
        draw_interval(axes, each.predicted, each.observed, upright=True, ink=RM.value)
    axes.plot(
        [each.predicted for each in bins],
        [each.observed.value for each in bins],
        "o-",
        color=RM.value,
        markersize=5,
    )
    axes.set_xlim(0.48, 1.02)
    axes.set_ylim(min(0.45, *(each.observed.low - 0.02 for each in bins)), 1.02)
    percent_axis(axes, upright=False)
    percent_axis(axes, upright=True)
    axes.set_title("Calibration")
    axes.set_xlabel("preference that the scores imply")
    axes.set_ylabel("labelers agree")
    axes.grid()
    bare(axes)


def draw_score_by_length(axes: Axes, lengths: Sequence[ScoreAtLength]) -> None:
    """A step for each range of lengths, in their order, whatever their width."""
    places = range(len(lengths))
    for place, each in zip(places, lengths, strict=True):
        draw_interval(axes, place, each, upright=True, ink=RM.value)
    axes.plot(places, [each.mean for each in lengths], "o-", color=RM.value, markersize=5)
    axes.set_xticks(places, [span(each) for each in lengths])
    axes.tick_params(axis="x", labelcolor=INK.value, labelsize=8)
    axes.margins(x=0.1, y=0.12)
    few_ticks(axes, 5, upright=True)
    axes.set_title("Mean score by length")
    axes.set_xlabel("words of the completion")
    axes.grid(axis="y")
    bare(axes, ["left"])


def span(each: ScoreAtLength) -> str:
    """A range of lengths."""
    return f"{each.shortest}" if each.shortest == each.longest else f"{each.shortest}\u2013{each.longest}"
