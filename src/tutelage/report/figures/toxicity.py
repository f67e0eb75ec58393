"""Toxicity of continuations against toxicity of the prompt, under three prompts (the paper's Figure 39)."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from tutelage.report.drawing import Drawing, few_ticks, finish, is_leftmost, panels
from tutelage.report.figures.colours import draw_key
from tutelage.report.names import colour, framing_name
from tutelage.report.results import ToxicityScores, in_model_order


def draw_toxicity(toxicity: Mapping[str, Mapping[str, ToxicityScores]]) -> Drawing:
    """A panel for each prompt, a line for each model with its interval as a band."""
    models = in_model_order(toxicity)
    framings = list(dict.fromkeys(framing for model in models for framing in toxicity[model]))
    figure, grid = panels(len(framings), 2.5, share_y=True)
    for axes, framing in zip(grid, framings, strict=True):
        draw_framing(axes, {m: toxicity[m][framing] for m in models if framing in toxicity[m]})
        axes.set_title(framing_name(framing))
        axes.set_xlabel("toxicity of the prompt")
        if is_leftmost(axes):
            axes.set_ylabel("of the continuation")
    grid[0].set_ylim(bottom=0)  # of all panels, once the highest curve is drawn
    few_ticks(grid[0], 4, upright=True)
    draw_key(figure, models)
    return finish(figure, "toxicity", "Toxicity of continuations against toxicity of prompts, for each model")


def draw_framing(axes: Axes, scores: Mapping[str, ToxicityScores]) -> None:
    """The curves of one prompt, each point at the middle of its bin."""
    for model, score in scores.items():
        middles = [(point.prompt_low + point.prompt_high) / 2 for point in score.curve]
        axes.fill_between(
            middles,
            [point.low for point in score.curve],
            [point.high for point in score.curve],
            color=colour(model),
            alpha=0.13,
            linewidth=0,
        )
        axes.plot(
            middles,
            [point.mean for point in score.curve],
            "o-",
            color=colour(model),
            markersize=3.5,
        )
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1])
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)
