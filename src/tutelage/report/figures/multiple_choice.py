"""TruthfulQA's multiple choice: how often the likeliest of the listed answers is true (MC1), and how much of the
probability the true ones have together (MC2).
"""

from collections.abc import Mapping

from tutelage.report.drawing import Drawing, finish, is_leftmost, lines, panels, percent_axis
from tutelage.report.figures.dots import draw_dots
from tutelage.report.names import framing_name
from tutelage.report.results import Interval, TruthfulnessScores, in_model_order


def draw_multiple_choice(truthfulness: Mapping[str, Mapping[str, TruthfulnessScores]]) -> Drawing:
    """A panel for each measure and prompt."""
    models = in_model_order(truthfulness)
    framings = list(dict.fromkeys(framing for model in models for framing in truthfulness[model]))
    found: dict[str, dict[str, Interval]] = {}
    for measure in ("MC1", "MC2"):
        for framing in framings:
            for model in models:
                scores = truthfulness[model].get(framing)
                if scores is None:
                    continue
                value = scores.chooses_true if measure == "MC1" else scores.mass_on_true
                if value is not None:
                    found.setdefault(f"{measure}: {framing_name(framing).lower()}", {})[model] = value
    figure, grid = panels(len(found), 0.75 + 0.34 * len(models), across=2)
    for axes, (title, figures) in zip(grid, found.items(), strict=True):
        draw_dots(axes, figures, lambda value: f"{value * 100:.0f}", labelled=is_leftmost(axes))
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
        percent_axis(axes, upright=False)
        axes.set_title(lines(title, 32))
    return finish(figure, "multiple-choice", "Multiple choice among true and false answers, for each model")
