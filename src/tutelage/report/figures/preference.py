"""The main figure: how often labelers prefer each model's completion to the baseline's (the paper's Figure 1 and 3)."""

from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from tutelage.report.drawing import (
    Drawing,
    bare,
    draw_interval,
    finish,
    is_narrow,
    lines,
    new_figure,
    percent_axis,
)
from tutelage.report.names import BOUND_NAMES, INK, ORACLE, SOFT, colour, model_name
from tutelage.report.results import GROUPS, BestOfN, Preference, WinRate, in_model_order
from tutelage.report.wording import percent

THICKNESS = 0.34
"""Of a bar, where the distance between two models is 1."""


@dataclass(frozen=True)
class Row:
    """A model, or a way to pick the best of n, with its win rate by each group that judged it."""

    label: str
    colour: str
    rates: Mapping[str, WinRate]


def draw_preference(preference: Preference, best_of_n: BestOfN | None) -> Drawing:
    """Bars that leave 50 % to the right where a model is preferred to the baseline, to the left where it is not."""
    models, bounds = model_rows(preference), bound_rows(best_of_n)
    places = [float(place) for place in range(len(models))]
    places += [len(models) + 0.35 + place for place in range(len(bounds))]
    figure = new_figure(0.75 + 0.47 * (len(places) + 0.35 * bool(bounds)))
    axes = figure.subplots()
    for place, row in zip(places, (*models, *bounds), strict=True):
        draw_row(axes, place, row, outlined=row in bounds)
    if bounds:
        axes.axhline(len(models) - 0.33, color=SOFT.value, linewidth=0.6, linestyle=(0, (2, 3)))
    axes.axvline(0.5, color=INK.value, linewidth=1)
    axes.set_ylim(places[-1] + 0.6, -0.6)
    axes.set_xlim(0, 1.0)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1] if not is_narrow() else [0, 0.5, 1])
    axes.set_yticks(places, [row.label for row in (*models, *bounds)])
    axes.tick_params(axis="y", labelcolor=INK.value)
    axes.set_xlabel(f"preferred to {model_name(preference.baseline)} (a tie is half)")
    percent_axis(axes, upright=False)
    axes.grid(axis="x")
    bare(axes)
    if len(judging := [group for group in GROUPS if preference.of_group(group)]) == 2:
        shades = {
            "heldout_labelers": ("held-out labelers", 1.0),
            "training_labelers": ("training labelers", 0.4),
        }
        axes.legend(
            handles=[
                Patch(facecolor=SOFT.value, alpha=shades[group][1], label=shades[group][0])
                for group in reversed(judging)
            ],
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=2,
            borderaxespad=0,
            handlelength=1.2,
        )
    told = ", ".join(
        f"{row.label} {percent(rate.win_rate)}"
        for row in (*models, *bounds)
        for rate in list(row.rates.values())[:1]
    )
    return finish(figure, "preference", f"Win rates against {model_name(preference.baseline)}: {told}")


def draw_row(axes: Axes, place: float, row: Row, *, outlined: bool) -> None:
    """One model: held-out labelers' bar above that of the training labelers, the value written once at the end."""
    apart = THICKNESS / 2 if len(row.rates) == 2 else 0.0
    for group, rate in row.rates.items():
        heldout = group == "heldout_labelers"
        at = place + (-apart if heldout else apart)
        axes.barh(
            at,
            rate.win_rate - 0.5,
            left=0.5,
            height=THICKNESS * 0.92,
            facecolor="none" if outlined else row.colour,
            edgecolor=row.colour,
            alpha=1.0 if heldout or len(row.rates) == 1 else 0.4,
            linewidth=1.2 if outlined else 0,
        )
        draw_interval(axes, at, rate, upright=False)
    highest = max(rate.high for rate in row.rates.values())
    shown = row.rates.get("heldout_labelers") or next(iter(row.rates.values()))
    axes.text(
        min(max(highest, 0.5) + 0.012, 0.955),
        place - (apart if "heldout_labelers" in row.rates else 0),
        percent(shown.win_rate),
        va="center",
        fontsize=8.5,
        color=INK.value,
        fontweight="bold",
    )


def model_rows(preference: Preference) -> list[Row]:
    """A row for each model that was compared with the baseline."""
    judged = {model: True for group in GROUPS for model in preference.of_group(group)}
    return [
        Row(
            lines(model_name(model), 22),
            colour(model),
            {g: preference.of_group(g)[model] for g in reversed(GROUPS) if model in preference.of_group(g)},
        )
        for model in in_model_order(judged)
    ]


def bound_rows(best_of_n: BestOfN | None) -> list[Row]:
    """A row for each way that the best of n was picked and then judged."""
    if best_of_n is None:
        return []
    return [
        Row(
            f"Best of {best_of_n.n}\n{name}",
            ORACLE.value if bound == "oracle" else SOFT.value,
            {g: best_of_n.of_group(g)[bound] for g in reversed(GROUPS) if bound in best_of_n.of_group(g)},
        )
        for bound, name in BOUND_NAMES.items()
        if any(bound in best_of_n.of_group(group) for group in GROUPS)
    ]
