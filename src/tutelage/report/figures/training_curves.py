"""Reinforcement learning over its episodes: if the score rises and the oracle's utility does not, the policy
has learned to please the reward model instead of people (§4.4; Gao et al. 2022).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from tutelage.report.drawing import Drawing, few_ticks, finish, is_narrow, lines, panels, thousands_axis
from tutelage.report.names import SOFT, colour, model_name, stage_name
from tutelage.report.results import Series, in_model_order

MAIN = {
    "score": "Score by the reward model (maximised)",
    "utility": "Utility by the oracle (meant, never seen by training)",
    "kl": "KL from the reference, nats a completion",
}

HEALTH = {
    "completion_tokens": "tokens a completion",
    "truncated": "share cut at the length limit",
    "entropy": "entropy, nats a token",
    "clip_fraction": "share of ratios clipped",
    "explained_variance": "variance explained by the value",
    "value_loss": "value loss",
    "ppo_gradient_norm": "gradient norm of the PPO term",
    "ptx_gradient_norm": "gradient norm of the ptx term",
    "ptx_loss": "pretraining loss, nats a token",
}

EARLIER = {
    "loss": "loss",
    "validation_loss": "validation loss",
    "pretraining_loss": "pretraining loss",
    "score": "reward model's score by epoch",
    "accuracy": "accuracy while learning",
}

WINDOW = 0.1
"""Fraction of the run that the line averages over; the points behind it are the iterations themselves."""

FEW = 15
"""A curve of fewer points than this is drawn as it is."""


def draw_training_curves(curves: Mapping[str, Mapping[str, Series]], levels: Mapping[str, float]) -> Drawing:
    """Score, utility and KL one above the other over the same episodes, a line for each policy.

    levels: metric -> what the SFT model has of it, drawn as a dashed line.
    """
    metrics = [metric for metric in MAIN if any(metric in curve for curve in curves.values())]
    figure, grid = panels(len(metrics), 1.7, across=1, share_x=True)
    for axes, metric in zip(grid, metrics, strict=True):
        draw_metric(axes, curves, metric)
        if metric in levels:
            axes.axhline(
                levels[metric],
                color=colour("sft"),
                linewidth=1.1,
                linestyle=(0, (4, 2)),
                label=model_name("sft"),
            )
        axes.set_title(lines(MAIN[metric], 40) if is_narrow() else MAIN[metric])
        few_ticks(axes, 4, upright=True)
    handles = {
        text: handle for axes in grid for handle, text in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        list(handles.values()),
        list(handles),
        loc="outside upper left" if is_narrow() else "outside upper right",
        ncols=3,
        columnspacing=1.4,
    )
    grid[-1].set_xlabel("episodes")
    thousands_axis(grid[-1])
    return finish(figure, "training", "Score, utility and KL of both policies over the episodes of training")


def draw_health_curves(curves: Mapping[str, Mapping[str, Series]], metrics: Sequence[str]) -> Drawing:
    """Small panels of what says whether the optimisation itself is well; metrics: those of HEALTH that were logged."""
    figure, grid = panels(len(metrics), 1.6, narrow=2)
    for axes, metric in zip(grid, metrics, strict=True):
        draw_metric(axes, curves, metric)
        small_panel(axes, HEALTH[metric])
    return finish(figure, "health", f"Over the episodes: {', '.join(HEALTH[metric] for metric in metrics)}")


def draw_earlier_curves(found: Mapping[str, Series]) -> Drawing:
    """A small panel for each curve of the stages before reinforcement learning. found: title -> curve."""
    figure, grid = panels(len(found), 1.6, narrow=2)
    for axes, (title, series) in zip(grid, found.items(), strict=True):
        draw_series(axes, series, SOFT.value, title)
        small_panel(axes, title)
        axes.set_xlabel("step", fontsize=8)
    return finish(figure, "earlier", f"Over the steps: {', '.join(found)}")


def health_metrics(curves: Mapping[str, Mapping[str, Series]]) -> list[str]:
    """Those of HEALTH that any policy logged."""
    return [metric for metric in HEALTH if any(metric in curve for curve in curves.values())]


def earlier_curves(curves: Mapping[str, Mapping[str, Series]]) -> dict[str, Series]:
    """Title -> curve, for what the stages before reinforcement learning logged more than once."""
    return {
        f"{stage_name(stage)}: {words}": curves[stage][metric]
        for stage in curves
        for metric, words in EARLIER.items()
        if not stage.startswith("ppo") and metric in curves[stage] and len(curves[stage][metric].x) > 1
    }


def small_panel(axes: Axes, title: str) -> None:
    """The look of a panel that is one of many."""
    axes.set_title(lines(title, 24), fontweight="normal", fontsize=8.5)
    few_ticks(axes, 3, upright=True)
    axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))
    thousands_axis(axes)
    axes.tick_params(labelsize=8)
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)


def draw_metric(axes: Axes, curves: Mapping[str, Mapping[str, Series]], metric: str) -> None:
    """One metric of every policy."""
    for policy in in_model_order(curves):
        series = curves[policy].get(metric)
        if series is not None and series.x:
            draw_series(axes, series, colour(policy), stage_name(policy))
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)


def draw_series(axes: Axes, series: Series, ink: str, name: str) -> None:
    """Many points: faint ones with their moving average; few: a line through them, in its band where there is one."""
    if series.low is not None and series.high is not None:
        axes.fill_between(series.x, series.low, series.high, color=ink, alpha=0.15, linewidth=0)
    elif len(series.x) >= FEW:
        axes.plot(series.x, series.y, "o", color=ink, markersize=2.6, alpha=0.35, markeredgewidth=0)
        axes.plot(series.x, smoothed(series.y), color=ink, label=name)
        return
    axes.plot(series.x, series.y, "o-", color=ink, markersize=3, label=name)


def smoothed(values: Sequence[float]) -> np.ndarray:
    """Centred moving average that narrows at both ends instead of bending towards zero there."""
    half = max(1, round(len(values) * WINDOW / 2))
    sums = np.concatenate([[0.0], np.cumsum(values)])
    places = np.arange(len(values))
    reach = np.minimum(np.minimum(places, len(values) - 1 - places), half)
    return (sums[places + reach + 1] - sums[places - reach]) / (2 * reach + 1)
