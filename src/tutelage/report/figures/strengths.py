"""The main figure seen twice more: as it would be if answers were equally long, and as one scale of strength."""

from matplotlib.axes import Axes

from tutelage.report.drawing import Drawing, bare, draw_interval, finish, panels, percent_axis
from tutelage.report.figures.dots import draw_dots
from tutelage.report.names import INK, LINE, PAPER, colour, model_name
from tutelage.report.results import GROUPS, Preference, in_model_order
from tutelage.report.wording import decimal


def draw_strengths(preference: Preference) -> Drawing:
    """Left: win rates, open, and at equal length, filled. Right: log-odds against the baseline (Bradley–Terry)."""
    wanted = [bool(preference.equal_length), bool(preference.strengths)]
    most = max(len(preference.equal_length), len(preference.strengths))
    figure, grid = panels(sum(wanted), 0.85 + 0.36 * most, across=2)
    places = iter(grid)
    if preference.equal_length:
        draw_equal_length(next(places), preference)
    if preference.strengths:
        axes = next(places)
        axes.axvline(0, color=INK.value, linewidth=1)
        draw_dots(axes, preference.strengths, decimal)
        axes.margins(x=0.14)
        axes.set_title("Strength")
        axes.set_xlabel(f"log-odds against {model_name(preference.baseline)}")
    return finish(figure, "strengths", "Win rates at equal length and Bradley–Terry strengths of each model")


def draw_equal_length(axes: Axes, preference: Preference) -> None:
    """An open dot is the win rate as it is, the filled one as it would be at equal length."""
    plain = next((own for group in reversed(GROUPS) if (own := preference.of_group(group))), {})
    models = in_model_order(preference.equal_length)
    axes.axvline(0.5, color=INK.value, linewidth=1)
    for place, model in enumerate(models):
        axes.axhline(place, color=LINE.value, linewidth=0.6)
        if model in plain:
            axes.plot(
                plain[model].value,
                place - 0.14,
                "o",
                markersize=5.5,
                markerfacecolor=PAPER.value,
                markeredgecolor=colour(model),
            )
        draw_interval(axes, place + 0.14, preference.equal_length[model], upright=False, ink=colour(model))
        axes.plot(
            preference.equal_length[model].value, place + 0.14, "o", markersize=5.5, color=colour(model)
        )
    axes.set_ylim(len(models) - 0.5, -0.5)
    axes.set_yticks(range(len(models)), [model_name(model) for model in models])
    axes.tick_params(axis="y", labelcolor=INK.value)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    percent_axis(axes, upright=False)
    axes.set_title("At equal length (open: as it is)")
    axes.set_xlabel(f"preferred to {model_name(preference.baseline)}")
    bare(axes, ["left"])
