"""Reinforcement learning: its curves, and whether the reward model was over-optimised (§3.5; Gao et al. 2022)."""

from collections.abc import Iterator
from functools import partial

from tutelage.report import beside_paper, findings, paper
from tutelage.report.figures.over_optimization import draw_over_optimization, method_name
from tutelage.report.figures.training_curves import (
    MAIN,
    draw_earlier_curves,
    draw_health_curves,
    draw_training_curves,
    earlier_curves,
    health_metrics,
)
from tutelage.report.names import model_name
from tutelage.report.results import OptimizationPoint, OverOptimization, Results, in_model_order
from tutelage.report.sections.section import Picture, Section, Table
from tutelage.report.wording import DASH, decimal, decimal_interval

SCORE_AND_UTILITY = (
    "The first panel is what PPO maximises, the second what is meant by it. If both rise, the reward model "
    "leads the right way; if the first rises alone, it is being hacked, and more training makes things "
    "worse."
)
SCORE_ALONE = (
    "A rising score is what PPO maximises and not yet a better model: nobody here knows the true utility, "
    "so only the preferences above can tell."
)
HEALTH_READING = (
    "Entropy that collapses, completions that run into the length limit, or a share of clipped ratios beyond a "
    "third are signs of a sick optimisation."
)


def training_section(results: Results) -> Section | None:
    """The curves of reinforcement learning, and what the oracle says of each model at the end."""
    curves = {
        stage: own
        for stage, own in results.curves.items()
        if stage.startswith("ppo") and any(metric in own for metric in MAIN)
    }
    if not curves:
        return None
    with_oracle = any("utility" in own for own in curves.values())
    levels = {"utility": results.utility["sft"].mean} if results.utility and "sft" in results.utility else {}
    caption = "Points are iterations, lines their moving average."
    if with_oracle and levels:
        caption += " Dashed: the SFT model on held-out prompts."
    reading = SCORE_AND_UTILITY if with_oracle else SCORE_ALONE
    pictures = [Picture(partial(draw_training_curves, curves, levels), caption)]
    if metrics := health_metrics(curves):
        told = "What tells a healthy optimisation from a sick one, over the episodes."
        pictures.append(Picture(partial(draw_health_curves, curves, metrics), told))
        reading = f"{reading} {HEALTH_READING}"
    if earlier := earlier_curves(results.curves):
        told = "How the stages before it learned."
        pictures.append(
            Picture(partial(draw_earlier_curves, earlier), told, folded="Curves of the earlier stages")
        )
    utility, kl = results.utility or {}, results.kl or {}
    rows = [
        [
            model_name(model),
            decimal_interval(utility[model]) if model in utility else DASH,
            decimal_interval(kl[model]) if model in kl else DASH,
        ]
        for model in in_model_order(utility | kl)
    ]
    header = ["", "utility by the oracle", "KL from the reference, nats"]
    return Section(
        "training",
        "Reinforcement learning",
        "What happened during reinforcement learning?",
        findings.training_finding(results),
        pictures,
        reading,
        paper.KL,
        beside_paper.training_here(results),
        [Table("On held-out prompts", header, rows)] if rows else [],
    )


def over_optimization_section(results: Results) -> Section | None:
    """Proxy and judgment against KL, for every way of optimising."""
    measured = results.over_optimization
    if measured is None or not any(measured.methods.values()):
        return None
    judge = measured.judge or "somebody who was not optimised"
    return Section(
        "over-optimization",
        "Over-optimisation",
        "Was the reward model optimised too far?",
        " ".join(over_optimization_findings(measured)),
        [
            Picture(
                partial(draw_over_optimization, measured),
                f"First: what is optimised. Second: what comes of it, judged by {judge}. Each point is a model, or a "
                "number of samples of which the best was kept.",
            )
        ],
        "Both rise at first. Where the score goes on rising and the judgment does not, what is won is only what the "
        "reward model overrates; a method that gets the same judgment at less KL wastes less.",
        paper.OVER_OPTIMIZATION,
        tables=[
            Table(
                "Score and judgment against KL",
                ["", "point", "KL, nats", "score", "judgment"],
                [
                    [
                        method_name(method),
                        point.label,
                        decimal(point.kl),
                        decimal_interval(point.proxy),
                        DASH if point.judged is None else decimal_interval(point.judged),
                    ]
                    for method, points in measured.methods.items()
                    for point in points
                ],
            )
        ],
    )


def over_optimization_findings(measured: OverOptimization) -> Iterator[str]:
    """For each method, whether the judgment fell again after its best."""
    for method, points in measured.methods.items():
        judged = sorted(
            ((point, point.judged) for point in points if point.judged is not None),
            key=lambda pair: pair[0].kl,
        )
        if len(judged) < 2:
            continue
        best, top = max(judged, key=lambda pair: pair[1].mean)
        last, end = judged[-1]
        if best == last:
            yield f"{method_name(method)}: the judgment is best at its end, {at(best)}."
        elif end.high < top.low:
            yield (
                f"{method_name(method)}: the judgment is best at {at(best)} and clearly lower at the end, "
                f"{decimal(end.mean)} after {decimal(top.mean)}: it was optimised too far."
            )
        else:
            yield f"{method_name(method)}: the judgment is best at {at(best)}; it does not clearly fall after that."


def at(point: OptimizationPoint) -> str:
    """A point by its name and its KL."""
    return f"{point.label} (KL {decimal(point.kl)})"
