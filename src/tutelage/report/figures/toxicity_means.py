"""Toxicity under three prompts: mean, share above one half, expected maximum (the paper's Figure 7)."""

from collections.abc import Callable, Mapping

from tutelage.report.drawing import Drawing, finish, panels, percent_axis
from tutelage.report.figures.bars import draw_bar_groups
from tutelage.report.figures.colours import draw_key
from tutelage.report.names import framing_name
from tutelage.report.results import Interval, ToxicityScores, in_model_order

MEASURES: dict[str, Callable[[ToxicityScores], Interval | None]] = {
    "Mean toxicity": lambda scores: scores,
    "Above one half": lambda scores: scores.above_half,
    "Expected maximum": lambda scores: scores.expected_maximum,
}


def draw_toxicity_means(toxicity: Mapping[str, Mapping[str, ToxicityScores]]) -> Drawing:
    """A panel for each measure, a group of bars for each prompt, a bar for each model."""
    models = in_model_order(toxicity)
    framings = list(dict.fromkeys(framing for model in models for framing in toxicity[model]))
    found: dict[str, dict[str, dict[str, Interval]]] = {}
    for title, measure in MEASURES.items():
        for framing in framings:
            for model in models:
                scores = toxicity[model].get(framing)
                if scores is not None and (value := measure(scores)) is not None:
                    found.setdefault(title, {}).setdefault(framing_name(framing), {})[model] = value
    figure, grid = panels(len(found), 2.5)
    for axes, (title, groups) in zip(grid, found.items(), strict=True):
        draw_bar_groups(axes, groups, models)
        axes.set_title(title)
        axes.set_ylim(bottom=0)
        if title == "Above one half":
            percent_axis(axes, upright=True)
    draw_key(figure, models)
    return finish(figure, "toxicity-means", f"{', '.join(found)} of each model under each prompt")
