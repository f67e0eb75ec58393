"""True answers, and answers that are true and say something, under two prompts (the paper's Figure 6)."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from tutelage.report.drawing import (
    Drawing,
    bare,
    draw_interval,
    few_ticks,
    finish,
    panels,
    percent_axis,
)
from tutelage.report.names import INK, colour, framing_name, model_name
from tutelage.report.results import TruthfulnessScores, in_model_order


def draw_truthfulness(truthfulness: Mapping[str, Mapping[str, TruthfulnessScores]]) -> Drawing:
    """A panel for each prompt; light bars: true; full bars within them: true and informative."""
    models = in_model_order(truthfulness)
    framings = list(dict.fromkeys(framing for model in models for framing in truthfulness[model]))
    figure, grid = panels(len(framings), 2.6, across=2, share_y=True)
    for axes, framing in zip(grid, framings, strict=True):
        draw_framing(axes, {m: truthfulness[m][framing] for m in models if framing in truthfulness[m]})
        axes.set_title(framing_name(framing))
    return finish(figure, "truthfulness", "Rates of true, and of true and informative, answers of each model")


def draw_framing(axes: Axes, scores: Mapping[str, TruthfulnessScores]) -> None:
    """The bars of one prompt, with both intervals side by side."""
    for place, (model, score) in enumerate(scores.items()):
        axes.bar(place, score.true.rate, width=0.74, color=colour(model), alpha=0.32)
        axes.bar(place, score.true_and_informative.rate, width=0.74, color=colour(model))
        draw_interval(axes, place - 0.14, score.true, upright=True)
        draw_interval(axes, place + 0.14, score.true_and_informative, upright=True)
        top = max(score.true.high, score.true_and_informative.high)
        axes.text(
            place,
            top + 0.02,
            f"{score.true.rate * 100:.0f} / {score.true_and_informative.rate * 100:.0f}",
            ha="center",
            va="bottom",
            fontsize=8,
            color=INK.value,
        )
    axes.set_ylim(0, 1.12)
    names = [model_name(model).replace(" ", "\n") for model in scores]
    axes.set_xticks(range(len(scores)), names)
    axes.tick_params(axis="x", labelcolor=INK.value, labelsize=8)
    few_ticks(axes, 5, upright=True)
    percent_axis(axes, upright=True)
    axes.grid(axis="y")
    bare(axes, ["left"])
