"""What people say: preference, overall quality, and what is wrong with the answers (§4.1)."""

from tutelage.report import comparisons, findings, paper
from tutelage.report.figures.best_of_n import draw_best_of_n
from tutelage.report.figures.likert import draw_likert
from tutelage.report.figures.metadata import draw_metadata
from tutelage.report.figures.preference import draw_preference
from tutelage.report.names import BOUND_NAMES, FLAG_NAMES, model_name
from tutelage.report.results import GROUPS, Results, in_model_order
from tutelage.report.sections.section import Picture, Section, Table, interval_or_dash
from tutelage.report.wording import decimal_interval, percent

WHOSE_LABELERS = "Held-out labelers count: they wrote and ranked nothing that any model was trained on."
WHOSE_MODEL = (
    "The judge is a model that was trained on other comparisons than the reward model, not a person."
)


def preference_section(results: Results) -> Section | None:
    """The main metric, its ceiling, and every model against every other."""
    preference, bound = results.preference, results.best_of_n
    if preference is None or not (preference.training_labelers or preference.heldout_labelers):
        return None
    pictures = [
        Picture(
            draw_preference(preference, bound),
            f"How often each model's answer is ranked above that of {model_name(preference.baseline)} to "
            "the same prompt; thin lines are 95 % intervals."
            + (
                " Outlined bars pick the best of several SFT samples and bound what PPO can hope for."
                if bound
                else ""
            ),
        )
    ]
    if bound is not None and bound.curve:
        policy = (results.utility or {}).get("ppo_ptx")
        pictures.append(
            Picture(
                draw_best_of_n(bound, policy),
                "Mean utility of the best of n SFT samples. The distance between the two curves is what "
                "the reward model does not see.",
            )
        )
    groups = [group for group in reversed(GROUPS) if preference.of_group(group)]
    models = in_model_order({model: True for group in groups for model in preference.of_group(group)})
    rows = [
        [model_name(model), *[interval_or_dash(preference.of_group(group).get(model)) for group in groups]]
        for model in models
    ]
    if bound is not None:
        for kind, name in BOUND_NAMES.items():
            rates = [bound.of_group(group).get(kind) for group in groups]
            if any(rates):
                rows.append([f"Best of {bound.n} {name}", *[interval_or_dash(rate) for rate in rates]])
    tables = [
        Table(
            f"Win rates against {model_name(preference.baseline)}",
            ["", *[f"by {findings.judges_name(results, group)}" for group in groups]],
            rows,
        )
    ]
    if matrix := preference.head_to_head:
        order = in_model_order(matrix)
        tables.append(
            Table(
                "Every model against every other: how often the row is preferred to the column",
                ["", *[model_name(model) for model in order]],
                [
                    [
                        model_name(row),
                        *[
                            percent(matrix[row][column].win_rate) if column in matrix[row] else ""
                            for column in order
                        ],
                    ]
                    for row in order
                ],
                folded=False,
            )
        )
    return Section(
        "preference",
        "Is it preferred?" if preference.judge else "Do labelers prefer it?",
        findings.preference_finding(results),
        pictures,
        "A bar to the right of the middle line: preferred more often than not. Only an interval that does "
        f"not touch the line is a difference. {WHOSE_MODEL if preference.judge else WHOSE_LABELERS} Prompts "
        "are of users whom training never saw; all models' answers are ranked together and blindly. "
        "Intervals are clustered by prompt, since judgments of one prompt are not independent.",
        paper.PREFERENCE,
        comparisons.preference_here(results),
        tables,
    )


def likert_section(results: Results) -> Section | None:
    """Overall quality, 1 to 7."""
    if not results.likert or not any(results.likert.values()):
        return None
    groups = [group for group in reversed(GROUPS) if results.likert.get(group)]
    models = in_model_order({model: True for group in groups for model in results.likert[group]})
    rows = [
        [
            model_name(m),
            *[decimal_interval(results.likert[g][m]) if m in results.likert[g] else "" for g in groups],
        ]
        for m in models
    ]
    first = results.likert[groups[0]]
    return Section(
        "likert",
        "How good is it overall?",
        findings.best_and_worst(
            first, f"Mean quality by {findings.judges_name(results, groups[0])}", "{:.2f}"
        ),
        [
            Picture(
                draw_likert(results.likert),
                "Mean overall quality on the scale of Table 3, rated one answer at a time.",
            )
        ],
        "Ratings are absolute, win rates relative: a model can be preferred often by a little, or seldom "
        "by much.",
        tables=[
            Table(
                "Mean overall quality",
                ["", *[f"by {findings.judges_name(results, group)}" for group in groups]],
                rows,
            )
        ],
    )


def metadata_section(results: Results) -> Section | None:
    """Table 3's yes-or-no questions."""
    if not results.metadata:
        return None
    models = in_model_order(results.metadata)
    flags = [flag for flag in FLAG_NAMES if any(flag in results.metadata[model] for model in models)]
    failing = {
        model: results.metadata[model]["fails_task"]
        for model in models
        if "fails_task" in results.metadata[model]
    }
    finding = ""
    if failing:
        told = [f"{model_name(model)} {percent(1 - rate.rate, 0)}" for model, rate in failing.items()]
        finding = f"The right task is attempted by {findings.listed(told)}."
    return Section(
        "metadata",
        "What is wrong with its answers?",
        finding,
        [
            Picture(
                draw_metadata(results.metadata),
                "Answers of each model to which labelers say yes, in percent (Figure 4).",
            )
        ],
        "Constraints count only where a prompt states one. All rates of Table 3, also those not drawn, "
        "are in the table.",
        paper.METADATA,
        comparisons.metadata_here(results),
        [
            Table(
                "All yes-or-no judgments",
                ["", *[model_name(model) for model in models]],
                [
                    [
                        FLAG_NAMES[flag],
                        *[interval_or_dash(results.metadata[model].get(flag)) for model in models],
                    ]
                    for flag in flags
                ],
            )
        ],
    )
