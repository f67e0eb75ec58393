"""What people say: preference, overall quality, and what is wrong with the answers (§4.1)."""

from functools import partial

from tutelage.report import beside_paper, findings, paper
from tutelage.report.figures.best_of_n import draw_best_of_n
from tutelage.report.figures.likert import draw_likert
from tutelage.report.figures.metadata import draw_metadata
from tutelage.report.figures.preference import draw_preference
from tutelage.report.figures.preference_by_use_case import draw_preference_by_use_case
from tutelage.report.figures.strengths import draw_strengths
from tutelage.report.names import BOUND_NAMES, FLAG_NAMES, model_name, use_case_name
from tutelage.report.results import GROUPS, Preference, Results, in_model_order
from tutelage.report.sections.section import Picture, Section, Table, interval_or_dash, model_table
from tutelage.report.wording import DASH, decimal_interval, percent, percent_interval, signed_interval

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
            partial(draw_preference, preference, bound),
            f"How often each model's answer is ranked above that of {model_name(preference.baseline)} to "
            "the same prompt; thin lines are 95 % intervals."
            + (
                " Outlined bars pick the best of several SFT samples and bound what PPO can hope for."
                if bound
                else ""
            ),
        )
    ]
    if preference.equal_length or preference.strengths:
        pictures.append(Picture(partial(draw_strengths, preference), seen_twice_more(preference)))
    if bound is not None and bound.curve:
        policy = (results.utility or {}).get("ppo_ptx")
        pictures.append(
            Picture(
                partial(draw_best_of_n, bound, policy),
                "Mean utility of the best of n SFT samples. The distance between the two curves is what "
                "the reward model does not see.",
            )
        )
    tables = [win_rate_table(results, preference)]
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
                            percent(matrix[row][column].win_rate) if column in matrix[row] else DASH
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
        "Preference",
        "Is it preferred?" if preference.judge else "Do labelers prefer it?",
        findings.preference_finding(results),
        pictures,
        "A bar to the right of the middle line: preferred more often than not. Only an interval that does "
        f"not touch the line is a difference. {WHOSE_MODEL if preference.judge else WHOSE_LABELERS} Prompts "
        "are of users whom training never saw; all models' answers are ranked together and blindly. "
        "Intervals are clustered by prompt, since judgments of one prompt are not independent.",
        paper.PREFERENCE,
        beside_paper.preference_here(results),
        tables,
    )


def win_rate_table(results: Results, preference: Preference) -> Table:
    """Each model, and each way to pick the best of n, by both groups, at equal length and in log-odds."""
    bound = results.best_of_n
    groups = [group for group in reversed(GROUPS) if preference.of_group(group)]
    known = {model: True for group in groups for model in preference.of_group(group)}
    models = in_model_order(known | dict.fromkeys([*preference.equal_length, *preference.strengths], True))
    header = ["", *[f"by {findings.judges_name(results, group)}" for group in groups]]
    rows = [
        [model_name(model), *[interval_or_dash(preference.of_group(group).get(model)) for group in groups]]
        for model in models
    ]
    if preference.equal_length:
        header.append("at equal length")
        for row, model in zip(rows, models, strict=True):
            row.append(interval_or_dash(preference.equal_length.get(model)))
    if preference.strengths:
        header.append("strength, log-odds")
        for row, model in zip(rows, models, strict=True):
            strength = preference.strengths.get(model)
            row.append(DASH if strength is None else signed_interval(strength, 2))
    for kind, name in BOUND_NAMES.items() if bound is not None else ():
        rates = [bound.of_group(group).get(kind) for group in groups] if bound is not None else []
        if bound is not None and any(rates):
            cells = [interval_or_dash(rate) for rate in rates]
            rows.append([f"Best of {bound.n} {name}", *cells, *[DASH] * (len(header) - 1 - len(cells))])
    return Table(f"Win rates against {model_name(preference.baseline)}", header, rows)


def seen_twice_more(preference: Preference) -> str:
    """What the picture of equal length and strengths shows."""
    said = []
    if preference.equal_length:
        said.append(
            "Filled dots: the win rate as it would be if both answers were equally long, since labelers may take "
            "length for quality; open dots: as it is."
        )
    if preference.strengths:
        said.append(
            "Strength: one number for each model that explains all comparisons at once, also those among the "
            f"others (Bradley\u2013Terry); {model_name(preference.baseline)} is 0, and +1 is a win rate of 73 %."
        )
    return " ".join(said)


def use_case_section(results: Results) -> Section | None:
    """Win rates by use case."""
    preference = results.preference
    if preference is None or not preference.by_use_case:
        return None
    by_use_case = preference.by_use_case
    rows = {use_case_name(use_case): rates for use_case, rates in by_use_case.items()}
    policy = next((m for m in ("ppo_ptx", "ppo") if any(m in rates for rates in by_use_case.values())), None)
    finding = ""
    if policy is not None:
        found = {name: rates[policy] for name, rates in rows.items() if policy in rates}
        ordered = sorted(found, key=lambda name: found[name].value)
        best, worst = ordered[-1], ordered[0]
        wins = sum(rate.low > 0.5 for rate in found.values())
        finding = (
            f"{model_name(policy)} is shown to be preferred to {model_name(preference.baseline)} in {wins} of "
            f"{len(found)} use cases; most in {best}, {percent_interval(found[best])}, least in {worst}, "
            f"{percent_interval(found[worst])}."
        )
    return Section(
        "use-cases",
        "Use cases",
        "What is it preferred for?",
        finding,
        [
            Picture(
                partial(draw_preference_by_use_case, by_use_case, preference.baseline),
                f"Win rates against {model_name(preference.baseline)} on the prompts of each use case of Table 1.",
            )
        ],
        "A use case has few prompts, so its interval is wide; with ten of them one may stand out by chance.",
        paper.USE_CASES,
        tables=[model_table("Win rates by use case", "use case", rows, percent_interval)],
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
            *[decimal_interval(results.likert[g][m]) if m in results.likert[g] else DASH for g in groups],
        ]
        for m in models
    ]
    first = results.likert[groups[0]]
    return Section(
        "likert",
        "Overall quality",
        "How good is it overall?",
        findings.best_and_worst(
            first, f"Mean quality by {findings.judges_name(results, groups[0])}", "{:.2f}"
        ),
        [
            Picture(
                partial(draw_likert, results.likert),
                "Mean overall quality on the scale of Table 3, rated one answer at a time.",
            )
        ],
        "Ratings are absolute, win rates relative: a model can be preferred often by a little, or seldom "
        "by much.",
        paper.LIKERT,
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
        "Flaws",
        "What is wrong with its answers?",
        finding,
        [
            Picture(
                partial(draw_metadata, results.metadata),
                "Answers of each model to which labelers say yes, in percent (Figure 4).",
            )
        ],
        "Constraints count only where a prompt states one, hallucinations only where it gives the text that the "
        "answer is to keep to: summarization, closed QA, extraction. All rates of Table 3, also those not "
        "drawn, are in the table.",
        paper.METADATA,
        beside_paper.metadata_here(results),
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
