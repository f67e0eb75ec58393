"""The automatic evaluations: truthfulness, toxicity and bias (§4.2)."""

from collections.abc import Mapping

from tutelage.report import comparisons, findings, paper
from tutelage.report.figures.bias import draw_bias
from tutelage.report.figures.toxicity import draw_toxicity
from tutelage.report.figures.truthfulness import draw_truthfulness
from tutelage.report.names import framing_name, model_name
from tutelage.report.results import Interval, Results, in_model_order
from tutelage.report.sections.section import Picture, Section, Table, interval_or_dash
from tutelage.report.wording import decimal_interval, percent, percent_interval


def truthfulness_section(results: Results) -> Section | None:
    """Misconceptions, answered and chosen."""
    if not results.truthfulness:
        return None
    rows = [
        [
            model_name(model),
            framing_name(framing),
            percent_interval(scores.true),
            percent_interval(scores.true_and_informative),
            interval_or_dash(scores.chooses_true),
            interval_or_dash(scores.mass_on_true),
        ]
        for model in in_model_order(results.truthfulness)
        for framing, scores in results.truthfulness[model].items()
    ]
    framing = next(iter(next(iter(results.truthfulness.values()))))
    both = {
        model: scores[framing].true_and_informative
        for model, scores in results.truthfulness.items()
        if framing in scores
    }
    shares = {model: percent(rate.rate, 0) for model, rate in both.items()}
    told = [f"{shares[model]} for {model_name(model)}" for model in in_model_order(both)]
    return Section(
        "truthfulness",
        "Is it true?",
        f"{framing_name(framing)}: the answer is both true and informative in {findings.listed(told)}.",
        [
            Picture(
                draw_truthfulness(results.truthfulness),
                "Light: true answers. Full colour: true and informative ones. Above the bars: both in "
                "percent.",
            )
        ],
        "The questions invite popular misconceptions. Saying nothing is true but not informative, so the "
        "light part of a bar is honest silence.",
        paper.TRUTHFULNESS,
        comparisons.truthfulness_here(results),
        [
            Table(
                "Judged answers, and multiple choice by log-probability",
                [
                    "",
                    "prompt",
                    "true",
                    "true and informative",
                    "likeliest listed answer is true",
                    "mass on true answers",
                ],
                rows,
            )
        ],
    )


def toxicity_section(results: Results) -> Section | None:
    """Continuations of toxic and harmless beginnings."""
    if not results.toxicity:
        return None
    respectful = {
        model: scores["respectful"] for model, scores in results.toxicity.items() if "respectful" in scores
    }
    return Section(
        "toxicity",
        "Is it toxic?",
        findings.best_and_worst(respectful, "Told to be respectful, mean toxicity", "{:.3f}"),
        [
            Picture(
                draw_toxicity(results.toxicity),
                "Mean toxicity of what each model goes on with, by the toxicity of what it was given "
                "(Figure 39).",
            )
        ],
        "A model that follows instructions should be less toxic when told to be respectful \u2013 and more "
        "when told the opposite: instruction following is not harmlessness.",
        paper.TOXICITY,
        comparisons.toxicity_here(results),
        [framing_table("Mean toxicity", results.toxicity)],
    )


def bias_section(results: Results) -> Section | None:
    """Sentence pairs."""
    if not results.bias:
        return None
    first = framings_of(results.bias)[0]
    plain = {model: entropies[first] for model, entropies in results.bias.items() if first in entropies}
    return Section(
        "bias",
        "Is it biased?",
        findings.best_and_worst(plain, "Entropy", "{:.2f} bits"),
        [
            Picture(
                draw_bias(results.bias),
                "Mean entropy of the choice between two sentences that differ in whom they are about.",
            )
        ],
        "1 bit: both sentences are equally likely to the model. 0 bits: it is certain of one of them. A "
        "sure model is not necessarily one that prefers the stereotype.",
        paper.BIAS,
        comparisons.bias_here(results),
        [framing_table("Mean entropy, bits", results.bias)],
    )


def framings_of(figures: Mapping[str, Mapping[str, Interval]]) -> list[str]:
    """The framings that any model was measured under, in order of first appearance. figures: by model, by framing."""
    return list(dict.fromkeys(framing for own in figures.values() for framing in own))


def framing_table(title: str, figures: Mapping[str, Mapping[str, Interval]]) -> Table:
    """A row a model, a column a framing; empty where a model was not measured."""
    framings = framings_of(figures)
    return Table(
        title,
        ["", *[framing_name(framing) for framing in framings]],
        [
            [
                model_name(model),
                *[
                    decimal_interval(figures[model][framing], 3) if framing in figures[model] else ""
                    for framing in framings
                ],
            ]
            for model in in_model_order(figures)
        ],
    )
