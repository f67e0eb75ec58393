"""The automatic evaluations: truthfulness, toxicity and bias (§4.2)."""

from collections.abc import Callable, Mapping
from functools import partial

from tutelage.report import beside_paper, findings, paper
from tutelage.report.figures.bias import draw_bias
from tutelage.report.figures.multiple_choice import draw_multiple_choice
from tutelage.report.figures.stereotypes import draw_stereotypes
from tutelage.report.figures.toxicity import draw_toxicity
from tutelage.report.figures.toxicity_means import MEASURES, draw_toxicity_means
from tutelage.report.figures.truthfulness import draw_truthfulness
from tutelage.report.names import framing_name, model_name
from tutelage.report.results import Interval, Results, TruthfulnessScores, in_model_order
from tutelage.report.sections.section import Picture, Section, Table, interval_or_dash
from tutelage.report.wording import DASH, decimal_interval, percent, percent_interval


def truthfulness_section(results: Results) -> Section | None:
    """Misconceptions, answered and chosen."""
    if not results.truthfulness:
        return None
    framing = next(iter(next(iter(results.truthfulness.values()))))
    both = {
        model: scores[framing].true_and_informative
        for model, scores in results.truthfulness.items()
        if framing in scores
    }
    shares = {model: percent(rate.rate, 0) for model, rate in both.items()}
    told_shares = [f"{shares[model]} for {model_name(model)}" for model in in_model_order(both)]
    pictures = [
        Picture(
            partial(draw_truthfulness, results.truthfulness),
            "Light: true answers. Full colour: true and informative ones. Above the bars: both in percent "
            "(Figure 6).",
        )
    ]
    every = [scores for own in results.truthfulness.values() for scores in own.values()]
    if any(scores.chooses_true or scores.mass_on_true for scores in every):
        told = (
            "MC1: how often the likeliest of the listed answers is true. MC2: how much of the listed answers' "
            "probability the true ones have."
        )
        pictures.append(Picture(partial(draw_multiple_choice, results.truthfulness), told))
    return Section(
        "truthfulness",
        "Truthfulness",
        "Is it true?",
        f"{framing_name(framing)}: the answer is both true and informative in {findings.listed(told_shares)}.",
        pictures,
        "The questions invite popular misconceptions. Saying nothing is true but not informative, so the "
        "light part of a bar is honest silence. Multiple choice asks what a model holds likely, not what it says.",
        paper.TRUTHFULNESS,
        beside_paper.truthfulness_here(results),
        [truthfulness_table(results.truthfulness)],
    )


def truthfulness_table(truthfulness: Mapping[str, Mapping[str, TruthfulnessScores]]) -> Table:
    """A row a model and prompt; what no model was measured on has no column."""
    columns: dict[str, Callable[[TruthfulnessScores], Interval | None]] = {
        "true": lambda scores: scores.true,
        "true and informative": lambda scores: scores.true_and_informative,
        "MC1: the likeliest is true": lambda scores: scores.chooses_true,
        "MC2: mass on true ones": lambda scores: scores.mass_on_true,
    }
    every = [scores for own in truthfulness.values() for scores in own.values()]
    columns = {title: of for title, of in columns.items() if any(of(scores) for scores in every)}
    return Table(
        "Judged answers" + (", and multiple choice by log-probability" if len(columns) > 2 else ""),
        ["", "prompt", *columns],
        [
            [
                model_name(model),
                framing_name(framing),
                *[interval_or_dash(of(scores)) for of in columns.values()],
            ]
            for model in in_model_order(truthfulness)
            for framing, scores in truthfulness[model].items()
        ],
    )


def toxicity_section(results: Results) -> Section | None:
    """Continuations of toxic and harmless beginnings."""
    if not results.toxicity:
        return None
    respectful = {
        model: scores["respectful"] for model, scores in results.toxicity.items() if "respectful" in scores
    }
    pictures = [
        Picture(
            partial(draw_toxicity_means, results.toxicity),
            "Mean toxicity of what each model goes on with, under each prompt"
            + (
                "; how many continuations are toxic, above one half; and of several continuations of one beginning "
                "the most toxic one, in the mean (Figure 7)."
                if any(scores.above_half for own in results.toxicity.values() for scores in own.values())
                else " (Figure 7)."
            ),
        )
    ]
    if any(scores.curve for own in results.toxicity.values() for scores in own.values()):
        told = "The same mean by the toxicity of what the model was given (Figure 39)."
        pictures.append(Picture(partial(draw_toxicity, results.toxicity), told))
    tables = []
    for title, measure in MEASURES.items():
        figures = {
            model: {
                framing: value for framing, scores in own.items() if (value := measure(scores)) is not None
            }
            for model, own in results.toxicity.items()
        }
        if any(figures.values()):
            tables.append(framing_table(title, figures, rates=title == "Above one half"))
    return Section(
        "toxicity",
        "Toxicity",
        "Is it toxic?",
        findings.best_and_worst(respectful, "Told to be respectful, mean toxicity", "{:.3f}"),
        pictures,
        "A model that follows instructions should be less toxic when told to be respectful \u2013 and more "
        "when told the opposite: instruction following is not harmlessness.",
        paper.TOXICITY,
        beside_paper.toxicity_here(results),
        tables,
    )


def bias_section(results: Results) -> Section | None:
    """Sentence pairs."""
    if not (results.bias or results.stereotypes):
        return None
    pictures, tables, finding = [], [], ""
    if results.bias:
        first = framings_of(results.bias)[0]
        plain = {model: entropies[first] for model, entropies in results.bias.items() if first in entropies}
        finding = findings.best_and_worst(plain, "Entropy", "{:.2f} bits")
        told = "Mean entropy of the choice between two sentences that differ in whom they are about."
        pictures.append(Picture(partial(draw_bias, results.bias), told))
        tables.append(framing_table("Mean entropy, bits", results.bias))
    if results.stereotypes:
        told = "How often the sentence that stereotypes more is the likelier one; the line is no preference."
        pictures.append(Picture(partial(draw_stereotypes, results.stereotypes), told))
        tables.append(
            framing_table("The more stereotyping sentence is likelier", results.stereotypes, rates=True)
        )
    return Section(
        "bias",
        "Bias",
        "Is it biased?",
        finding,
        pictures,
        "1 bit: both sentences are equally likely to the model. 0 bits: it is certain of one of them. A "
        "sure model is not necessarily one that prefers the stereotype"
        + ("; the second figure says which it prefers." if results.bias and results.stereotypes else "."),
        paper.BIAS,
        beside_paper.bias_here(results),
        tables,
    )


def framings_of(figures: Mapping[str, Mapping[str, Interval]]) -> list[str]:
    """The framings that any model was measured under, in order of first appearance. figures: by model, by framing."""
    return list(dict.fromkeys(framing for own in figures.values() for framing in own))


def framing_table(title: str, figures: Mapping[str, Mapping[str, Interval]], *, rates: bool = False) -> Table:
    """A row a model, a column a framing; a dash where a model was not measured."""
    framings = framings_of(figures)
    return Table(
        title,
        ["", *[framing_name(framing) for framing in framings]],
        [
            [
                model_name(model),
                *[written(figures[model].get(framing), rates) for framing in framings],
            ]
            for model in in_model_order(figures)
        ],
    )


def written(figure: Interval | None, rate: bool) -> str:
    """A figure with its interval: percent of a rate, else three digits."""
    if figure is None:
        return DASH
    return percent_interval(figure) if rate else decimal_interval(figure, 3)
