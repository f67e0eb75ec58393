"""What picking the best of n brings as n grows: by the reward model, and by the oracle."""

from matplotlib.ticker import FixedLocator, NullLocator

from tutelage.report.drawing import Drawing, finish, is_narrow, new_figure
from tutelage.report.names import BOUND_NAMES, INK, ORACLE, SOFT, colour
from tutelage.report.results import BestOfN, Mean


def draw_best_of_n(best_of_n: BestOfN, policy: Mean | None) -> Drawing:
    """Mean utility against n on a logarithmic axis; the policy's own utility as a level, where it is known."""
    figure = new_figure(3.1 if is_narrow() else 2.4)
    axes = figure.subplots()
    for bound, curve in best_of_n.curve.items():
        sizes = list(curve)
        ink = ORACLE.value if bound == "oracle" else SOFT.value
        axes.fill_between(
            sizes,
            [curve[n].low for n in sizes],
            [curve[n].high for n in sizes],
            color=ink,
            alpha=0.18,
            linewidth=0,
        )
        axes.plot(
            sizes, [curve[n].mean for n in sizes], "o-", color=ink, markersize=4, label=BOUND_NAMES[bound]
        )
    sizes = sorted({n for curve in best_of_n.curve.values() for n in curve})
    if policy is not None:
        axes.axhline(
            policy.mean,
            color=colour("ppo_ptx"),
            linewidth=1.2,
            linestyle=(0, (4, 2)),
            label="PPO-ptx, one sample",
        )
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(sizes, [str(n) for n in sizes])
    axes.set_xlabel("n samples of SFT, the best one kept")
    axes.set_title("mean utility", color=INK.value)
    axes.grid(axis="y")
    if is_narrow():
        figure.legend(loc="outside lower left")
    else:
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return finish(
        figure, "best-of-n", "Mean utility of the best of n samples, by the reward model and by the oracle"
    )
