"""Win rates by use case (Table 1): a model may win on brainstorming what it loses on classification."""

from collections.abc import Mapping

from tutelage.report.drawing import Drawing, finish, panels, percent_axis
from tutelage.report.figures.colours import draw_key
from tutelage.report.figures.dots import draw_dot_rows
from tutelage.report.names import INK, model_name, use_case_name
from tutelage.report.results import WinRate, in_model_order


def draw_preference_by_use_case(by_use_case: Mapping[str, Mapping[str, WinRate]], baseline: str) -> Drawing:
    """A row for each use case, a dot for each model; the baseline is the line at one half."""
    models = in_model_order({model: True for rates in by_use_case.values() for model in rates})
    rows = {use_case_name(use_case): rates for use_case, rates in by_use_case.items()}
    figure, (axes,) = panels(1, 0.75 + len(rows) * (0.14 + 0.1 * len(models)))
    draw_dot_rows(axes, rows, models, characters=15)
    axes.axvline(0.5, color=INK.value, linewidth=1)
    axes.set_xlim(0, 1)
    axes.set_xlabel(f"preferred to {model_name(baseline)}")
    percent_axis(axes, upright=False)
    draw_key(figure, models)
    return finish(
        figure,
        "preference-by-use-case",
        f"Win rates against {model_name(baseline)} on prompts of {', '.join(rows)}",
    )
