"""How well the reward model predicts labelers: against their own agreement, and by how much completions differ."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from tutelage.report.drawing import Drawing, bare, draw_interval, finish, is_narrow, new_figure, percent_axis
from tutelage.report.names import INK, LINE, ORACLE, RM, SOFT
from tutelage.report.results import AccuracyByGap, Interval, RewardModel


def draw_reward_model(reward_model: RewardModel) -> Drawing:
    """Left: accuracy beside labeler agreement. Right, where an oracle knows utilities: accuracy by their gap."""
    overall = 1.15 if alone(reward_model) else 2.3
    if not reward_model.by_gap:
        figure = new_figure(overall)
        left = figure.subplots()
    elif is_narrow():
        figure = new_figure(overall + 2.7)
        left, right = figure.subplots(2, 1, height_ratios=(overall, 2.7))
        draw_by_gap(right, reward_model.by_gap)
    else:
        figure = new_figure(2.6)
        left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.25))
        draw_by_gap(right, reward_model.by_gap)
    draw_overall(left, reward_model)
    return finish(figure, "reward-model", f"Reward model accuracy {reward_model.accuracy * 100:.1f} %")


def alone(reward_model: RewardModel) -> bool:
    """Whether there is one figure of accuracy only."""
    return reward_model.heldout_labelers is None and reward_model.sft_pairs is None


def draw_overall(axes: Axes, reward_model: RewardModel) -> None:
    """Accuracy as dots with intervals, agreement as a bar that each dot is to be held against."""
    agreement = reward_model.labeler_agreement
    rows: list[tuple[str, Interval, float | None]] = [
        ("Labelers" if alone(reward_model) else "Training\nlabelers", reward_model, agreement.training)
    ]
    if reward_model.heldout_labelers is not None:
        rows.append(("Held-out\nlabelers", reward_model.heldout_labelers, agreement.heldout))
    if reward_model.sft_pairs is not None:
        rows.append(("Pairs of SFT\nsamples only", reward_model.sft_pairs, None))
    for place, (_, accuracy, agreed) in enumerate(rows):
        axes.axhline(place, color=LINE.value, linewidth=0.6)
        if agreed is not None:
            axes.plot(
                [agreed] * 2,
                [place - 0.26, place + 0.26],
                color=SOFT.value,
                linewidth=3,
                solid_capstyle="butt",
            )
        draw_interval(axes, place, accuracy, upright=False, ink=RM.value)
        axes.plot(accuracy.value, place, "o", markersize=6.5, color=RM.value)
        axes.annotate(
            f"{accuracy.value * 100:.1f} %",
            (accuracy.value, place),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=INK.value,
        )
    shown = [
        value for _, accuracy, agreed in rows for value in (accuracy.low, accuracy.high, agreed) if value
    ]
    axes.set_xlim(min(0.48, min(shown) - 0.02), max(0.82, max(shown) + 0.02))
    axes.axvline(0.5, color=INK.value, linewidth=1)
    axes.set_ylim(len(rows) - 0.5, -0.6)
    axes.set_yticks(range(len(rows)), [label for label, _, _ in rows])
    axes.tick_params(axis="y", labelcolor=INK.value)
    any_agreement = any(agreed for _, _, agreed in rows)
    axes.set_title("Accuracy; bar: labelers agree" if any_agreement else "Accuracy on held-out prompts")
    percent_axis(axes, upright=False)
    bare(axes, ["left"])


def draw_by_gap(axes: Axes, buckets: Sequence[AccuracyByGap]) -> None:
    """Both lines rise with the gap; the reward model's cannot be expected to lie above the labelers'."""
    places = range(len(buckets))
    axes.bar(places, [bucket.share for bucket in buckets], width=0.9, color=LINE.value, alpha=0.55)
    for place, bucket in enumerate(buckets):
        axes.text(
            place,
            0.012,
            f"{bucket.share * 100:.0f} %",
            ha="center",
            va="bottom",
            fontsize=7.5,
            color=SOFT.value,
        )
        draw_interval(axes, place, bucket.accuracy, upright=True, ink=RM.value)
    axes.plot(
        places, [bucket.accuracy.value for bucket in buckets], "o-", color=RM.value, label="reward model"
    )
    known = [
        (place, bucket.labelers.value) for place, bucket in enumerate(buckets) if bucket.labelers is not None
    ]
    axes.plot(
        [place for place, _ in known],
        [value for _, value in known],
        "D--",
        color=ORACLE.value,
        markersize=4,
        linewidth=1,
        label="labelers themselves",
    )
    axes.axhline(0.5, color=INK.value, linewidth=0.8)
    axes.set_ylim(0, 1.03)
    axes.set_xticks(places, [gap_label(bucket) for bucket in buckets])
    axes.tick_params(axis="x", labelcolor=INK.value, labelsize=8)
    axes.set_xlabel("difference in utility (grey: share of pairs)")
    axes.set_title("Accuracy by difference in utility")
    axes.legend(loc="upper left", borderaxespad=0)
    percent_axis(axes, upright=True)
    bare(axes, ["left"])


def gap_label(bucket: AccuracyByGap) -> str:
    """A bucket's bounds."""
    return (
        f"{bucket.low:g}+"
        if bucket.high is None
        else f"{bucket.low:g}-{bucket.high:g}".replace("-", "\u2013")
    )
