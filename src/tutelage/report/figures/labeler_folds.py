"""Reward models that never saw a fold of the labelers: accuracy on labelers seen, unseen, and on each fold (§4.1)."""

from tutelage.report.drawing import Drawing, bare, draw_interval, finish, panels, percent_axis
from tutelage.report.figures.dots import write_above
from tutelage.report.names import INK, LINE, RM, SOFT
from tutelage.report.results import Accuracy, LabelerFolds


def draw_labeler_folds(folds: LabelerFolds) -> Drawing:
    """Both means in colour, below them fold by fold in grey."""
    rows: list[tuple[str, Accuracy, str]] = [
        ("Labelers seen", folds.seen, RM.value),
        ("Labelers unseen", folds.unseen, RM.value),
        *[(f"unseen, fold {n}", each.accuracy, SOFT.value) for n, each in enumerate(folds.folds, start=1)],
    ]
    figure, (axes,) = panels(1, 0.55 + 0.29 * len(rows))
    for place, (_, accuracy, ink) in enumerate(rows):
        axes.axhline(place, color=LINE.value, linewidth=0.6)
        draw_interval(axes, place, accuracy, upright=False, ink=ink)
        axes.plot(accuracy.value, place, "o", markersize=5.5, color=ink)
        write_above(axes, accuracy.value, place, f"{accuracy.value * 100:.1f}")
    axes.set_ylim(len(rows) - 0.5, -0.75)
    axes.set_yticks(range(len(rows)), [label for label, _, _ in rows])
    axes.tick_params(axis="y", labelcolor=INK.value)
    axes.margins(x=0.1)
    percent_axis(axes, upright=False)
    bare(axes, ["left"])
    return finish(
        figure,
        "labeler-folds",
        f"Accuracy on labelers seen {folds.seen.accuracy * 100:.1f} %, "
        f"unseen {folds.unseen.accuracy * 100:.1f} %",
    )
