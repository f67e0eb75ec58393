"""The proxy that is optimised and somebody who only judges, both against KL: where they part, the proxy is used up
(Gao et al. 2022).
"""

from collections.abc import Callable, Mapping, Sequence

from matplotlib.axes import Axes

from tutelage.report.drawing import Drawing, bare, few_ticks, finish, is_narrow, panels
from tutelage.report.names import METHOD_NAMES, colour, model_name
from tutelage.report.results import Mean, OptimizationPoint, OverOptimization


def draw_over_optimization(measured: OverOptimization) -> Drawing:
    """Left: the proxy's score. Right: the judgment. A line for each way of optimising, by growing KL."""
    judged = any(point.judged for points in measured.methods.values() for point in points)
    figure, grid = panels(2 if judged else 1, 2.6, across=2)
    draw_side(grid[0], measured.methods, lambda point: point.proxy)
    grid[0].set_title("Score of the reward model")
    if judged:
        draw_side(grid[1], measured.methods, lambda point: point.judged)
        grid[1].set_title("Judgment")
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside upper left" if is_narrow() else "outside upper right",
        ncols=min(3, len(labels)),
        columnspacing=1.2,
    )
    names = ", ".join(method_name(method) for method in measured.methods)
    return finish(figure, "over-optimization", f"Score and judgment against KL for {names}")


def draw_side(
    axes: Axes,
    methods: Mapping[str, Sequence[OptimizationPoint]],
    chosen: Callable[[OptimizationPoint], Mean | None],
) -> None:
    """One quantity of every method, with its interval as a band."""
    for method, points in methods.items():
        found = [(point.kl, mean) for point in points if (mean := chosen(point)) is not None]
        if not found:
            continue
        known = sorted(found, key=lambda pair: pair[0])
        places = [kl for kl, _ in known]
        ink = colour("sft" if method == "best_of_n" else method)
        dashes = (0, (4, 2)) if method == "best_of_n" else "-"
        lows, highs = [mean.low for _, mean in known], [mean.high for _, mean in known]
        axes.fill_between(places, lows, highs, color=ink, alpha=0.13, linewidth=0)
        axes.plot(
            places,
            [mean.mean for _, mean in known],
            "o",
            linestyle=dashes,
            color=ink,
            markersize=3.5,
            label=method_name(method),
        )
    axes.set_xlim(left=0)
    few_ticks(axes, 5, upright=True)
    axes.set_xlabel("KL, nats a completion")
    axes.grid(axis="y")
    bare(axes, ["left"])


def method_name(method: str) -> str:
    """A way of optimising, in the key and in sentences."""
    return METHOD_NAMES.get(method) or model_name(method)
