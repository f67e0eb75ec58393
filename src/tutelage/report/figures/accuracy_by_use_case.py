"""The reward model's accuracy on prompts of each use case."""

from collections.abc import Mapping

from tutelage.report.drawing import Drawing, bare, draw_interval, finish, lines, panels, percent_axis
from tutelage.report.figures.dots import write_above
from tutelage.report.names import INK, LINE, RM, SOFT, use_case_name
from tutelage.report.results import Accuracy, RewardModel


def draw_accuracy_by_use_case(reward_model: RewardModel) -> Drawing:
    """A row for each use case, beside the accuracy on all of them, dashed."""
    by_use_case: Mapping[str, Accuracy] = reward_model.by_use_case
    figure, (axes,) = panels(1, 0.65 + 0.27 * len(by_use_case))
    for place, accuracy in enumerate(by_use_case.values()):
        axes.axhline(place, color=LINE.value, linewidth=0.6)
        draw_interval(axes, place, accuracy, upright=False, ink=RM.value)
        axes.plot(accuracy.value, place, "o", markersize=5.5, color=RM.value)
        write_above(axes, accuracy.value, place, f"{accuracy.value * 100:.0f}")
    axes.axvline(reward_model.accuracy, color=SOFT.value, linewidth=0.9, linestyle=(0, (3, 3)))
    axes.axvline(0.5, color=INK.value, linewidth=1)
    axes.set_ylim(len(by_use_case) - 0.5, -0.75)
    axes.set_yticks(range(len(by_use_case)), [lines(use_case_name(use_case), 15) for use_case in by_use_case])
    axes.tick_params(axis="y", labelcolor=INK.value)
    percent_axis(axes, upright=False)
    axes.set_title("Accuracy by use case")
    bare(axes, ["left"])
    told = ", ".join(
        f"{use_case_name(name)} {each.accuracy * 100:.0f} %" for name, each in by_use_case.items()
    )
    return finish(figure, "accuracy-by-use-case", f"Reward model accuracy: {told}")
