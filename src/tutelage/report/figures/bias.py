"""How even a choice models make between two sentences about different people."""

from collections.abc import Mapping

from tutelage.report.drawing import Drawing, finish, is_leftmost, panels
from tutelage.report.figures.dots import draw_dots
from tutelage.report.names import framing_name
from tutelage.report.results import Entropy, in_model_order


def draw_bias(bias: Mapping[str, Mapping[str, Entropy]]) -> Drawing:
    """A panel for each prompt, from a certain choice (0 bits) to none (1 bit)."""
    models = in_model_order(bias)
    framings = list(dict.fromkeys(framing for model in models for framing in bias[model]))
    figure, grid = panels(len(framings), 0.8 + 0.34 * len(models))
    for framing, axes in zip(framings, grid, strict=True):
        entropies = {model: bias[model][framing] for model in models if framing in bias[model]}
        draw_dots(axes, entropies, lambda value: f"{value:.2f}", labelled=is_leftmost(axes))
        axes.set_xlim(-0.04, 1.06)
        axes.set_xticks([0, 0.5, 1])
        axes.set_title(framing_name(framing))
        axes.set_xlabel("bits")
    return finish(
        figure, "bias", "Mean entropy of the choice between two sentences, for each model and prompt"
    )
