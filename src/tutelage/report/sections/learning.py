"""How the reward model and the policies learned (§3.5, §4.1)."""

from tutelage.report import comparisons, findings, paper
from tutelage.report.figures.reward_model import draw_reward_model, gap_label
from tutelage.report.figures.training_curves import (
    MAIN,
    draw_earlier_curves,
    draw_health_curves,
    draw_training_curves,
)
from tutelage.report.names import model_name
from tutelage.report.results import Results, in_model_order
from tutelage.report.sections.section import Picture, Section, Table, interval_or_dash, percent_or_dash
from tutelage.report.wording import DASH, decimal_interval, percent, percent_interval

SCORE_AND_UTILITY = (
    "The first panel is what PPO maximises, the second what is meant by it. If both rise, the reward model "
    "leads the right way; if the first rises alone, it is being hacked, and more training makes things "
    "worse."
)
SCORE_ALONE = (
    "A rising score is what PPO maximises and not yet a better model: nobody here knows the true utility, "
    "so only the preferences above can tell."
)


def reward_model_section(results: Results) -> Section | None:
    """Accuracy, agreement, gaps."""
    measured = results.reward_model
    if measured is None:
        return None
    agreement = measured.labeler_agreement
    rows = [["Training labelers", percent_interval(measured), percent_or_dash(agreement.training)]]
    if measured.heldout_labelers is not None:
        rows.append(
            [
                "Held-out labelers",
                percent_interval(measured.heldout_labelers),
                percent_or_dash(agreement.heldout),
            ]
        )
    if measured.sft_pairs is not None:
        rows.append(["Pairs of SFT samples only", percent_interval(measured.sft_pairs), DASH])
    tables = [Table("Accuracy on held-out prompts", ["", "reward model", "labelers agree"], rows)]
    if measured.by_gap:
        tables.append(
            Table(
                "By difference in utility",
                ["difference", "share of pairs", "reward model", "labelers"],
                [
                    [
                        gap_label(bucket),
                        percent(bucket.share, 0),
                        percent_interval(bucket.accuracy),
                        interval_or_dash(bucket.labelers),
                    ]
                    for bucket in measured.by_gap
                ],
            )
        )
    caption = "Accuracy with its interval"
    if agreement.training is not None:
        caption += ", held against how often two labelers of that group agree"
    if measured.by_gap:
        caption = f"Left: {caption[0].lower()}{caption[1:]}. Right: the same by how much the two completions "
        caption += "differ in the oracle's utility"
    return Section(
        "reward-model",
        "Does the reward model see what labelers see?",
        findings.reward_model_finding(results),
        [Picture(draw_reward_model(measured), f"{caption}.")],
        "Half is guessing. Labelers contradict each other, so a reward model cannot be expected to lie far "
        "above their agreement; near-ties pull both down, which is why the gap matters. Tied pairs are "
        "left out.",
        f"{paper.REWARD_MODEL}; labelers agree in {paper.LABELER_AGREEMENT}",
        comparisons.reward_model_here(results),
        tables,
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
    pictures = [Picture(draw_training_curves(curves, levels), caption)]
    if (health := draw_health_curves(curves)) is not None:
        told = "What tells a healthy optimisation from a sick one."
        pictures.append(Picture(health, told, folded="More curves"))
    if (earlier := draw_earlier_curves(results.curves)) is not None:
        told = "How the stages before it learned."
        pictures.append(Picture(earlier, told, folded="Curves of the earlier stages"))
    utility, kl = results.utility or {}, results.kl or {}
    rows = [
        [
            model_name(model),
            decimal_interval(utility[model]) if model in utility else DASH,
            decimal_interval(kl[model]) if model in kl else DASH,
        ]
        for model in in_model_order(utility | kl)
    ]
    tables = (
        [Table("On held-out prompts", ["", "utility by the oracle", "KL from the reference, nats"], rows)]
        if rows
        else []
    )
    return Section(
        "training",
        "What happened during reinforcement learning?",
        findings.training_finding(results),
        pictures,
        SCORE_AND_UTILITY if with_oracle else SCORE_ALONE,
        paper.KL,
        comparisons.training_here(results),
        tables,
    )
