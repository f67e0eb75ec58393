"""How often the sentence that stereotypes more is the likelier one of a pair (CrowS-Pairs' own measure)."""

from collections.abc import Mapping

from tutelage.report.drawing import Drawing, finish, is_leftmost, panels, percent_axis
from tutelage.report.figures.dots import draw_dots
from tutelage.report.names import INK, framing_name
from tutelage.report.results import Rate, in_model_order


def draw_stereotypes(stereotypes: Mapping[str, Mapping[str, Rate]]) -> Drawing:
    """A panel for each prompt; one half, the line, is no preference."""
    models = in_model_order(stereotypes)
    framings = list(dict.fromkeys(framing for model in models for framing in stereotypes[model]))
    figure, grid = panels(len(framings), 0.8 + 0.34 * len(models))
    for framing, axes in zip(framings, grid, strict=True):
        axes.axvline(0.5, color=INK.value, linewidth=1)
        rates = {model: stereotypes[model][framing] for model in models if framing in stereotypes[model]}
        draw_dots(axes, rates, lambda value: f"{value * 100:.0f}", labelled=is_leftmost(axes))
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.5, 1])
        percent_axis(axes, upright=False)
        axes.set_title(framing_name(framing))
    return finish(
        figure, "stereotypes", "How often each model finds the more stereotyping sentence likelier, by prompt"
    )
