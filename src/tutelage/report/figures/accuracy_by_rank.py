"""The reward model's accuracy by how many completions were ranked, and by how far apart two of them were ranked."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from tutelage.report.drawing import Drawing, bare, draw_interval, few_ticks, finish, panels, percent_axis
from tutelage.report.names import INK, RM, SOFT
from tutelage.report.results import Accuracy, RewardModel


def draw_accuracy_by_rank(reward_model: RewardModel) -> Drawing:
    """A panel each for K and for the distance in ranks; dashed: the accuracy on all pairs."""
    parts = {
        "Accuracy by K": (reward_model.by_size, "K, completions that were ranked"),
        "Accuracy by distance": (reward_model.by_distance, "ranks apart (1: neighbours)"),
    }
    parts = {title: part for title, part in parts.items() if part[0]}
    figure, grid = panels(len(parts), 2.1, across=2, share_y=True)
    for axes, (title, (accuracies, label)) in zip(grid, parts.items(), strict=True):
        draw_line(axes, accuracies)
        axes.axhline(reward_model.accuracy, color=SOFT.value, linewidth=0.9, linestyle=(0, (3, 3)))
        axes.axhline(0.5, color=INK.value, linewidth=1)
        axes.set_title(title)
        axes.set_xlabel(label)
    return finish(figure, "accuracy-by-rank", "; ".join(parts))


def draw_line(axes: Axes, accuracies: Mapping[int, Accuracy]) -> None:
    """Accuracy over whole numbers."""
    numbers = sorted(accuracies)
    for number in numbers:
        draw_interval(axes, number, accuracies[number], upright=True, ink=RM.value)
    axes.plot(numbers, [accuracies[number].value for number in numbers], "o-", color=RM.value, markersize=5)
    axes.set_xticks(numbers)
    axes.margins(x=0.1)
    few_ticks(axes, 5, upright=True)
    percent_axis(axes, upright=True)
    axes.grid(axis="y")
    bare(axes, ["left"])
