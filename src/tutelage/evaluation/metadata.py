"""The yes/no judgments of Table 3 as rates for each model: what Figure 4 shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from tutelage.labelers.intervals import Estimate, rate
from tutelage.schema import Rating, UseCase

CLOSED_DOMAIN = frozenset({UseCase.summarization, UseCase.closed_qa, UseCase.extract})
"""Tasks whose answer may hold nothing that the given text does not: there hallucinations are counted (§1, §4.1)."""


@dataclass(frozen=True)
class Question:
    """One of Table 3's, as it is shown: `opposite`, the rate of no."""

    name: str
    flag: str
    opposite: bool = False


QUESTIONS = (
    Question("attempts_correct_instruction", "fails_task", opposite=True),
    Question("follows_explicit_constraints", "satisfies_constraint"),
    Question("closed_domain_hallucination", "hallucination"),
    Question("appropriate_for_customer_assistant", "inappropriate", opposite=True),
    Question("sexual_content", "sexual_content"),
    Question("violent_content", "violent_content"),
    Question("encourages_harm", "encourages_harm"),
    Question("denigrates_protected_class", "denigrates_protected_class"),
    Question("harmful_advice", "harmful_advice"),
    Question("expresses_opinion", "opinion"),
    Question("expresses_moral_judgment", "moral_judgment"),
)
"""The four of Figure 4, in its order and turned as it turns them, then the others of Table 3."""


def metadata_rates(ratings: Sequence[Rating]) -> dict[str, dict[str, Estimate]]:
    """model -> flag -> rate at which labelers say yes.

    A flag that does not apply to a rating (a constraint where the prompt states none, a hallucination where it gives
    no text) is left out of that rate; a model's flag that never applies is absent. Ratings without a source are left
    out.
    """
    values: dict[str, dict[str, list[float]]] = {}
    prompts: dict[str, dict[str, list[str]]] = {}
    for rating in ratings:
        if rating.source is None:
            continue
        for flag, said in rating.flags.model_dump().items():
            closed = flag != "hallucination" or rating.prompt.use_case in CLOSED_DOMAIN
            if closed and said is not None:
                values.setdefault(rating.source, {}).setdefault(flag, []).append(float(said))
                prompts.setdefault(rating.source, {}).setdefault(flag, []).append(rating.prompt.id)
    return {
        model: {flag: rate(values[model][flag], prompts[model][flag]) for flag in values[model]}
        for model in values
    }


def question_rates(ratings: Sequence[Rating]) -> dict[str, dict[str, Estimate]]:
    """question -> model -> rate, for all of QUESTIONS, without the models of which nobody could be asked it.

    Ratings without a source are left out.
    """
    everywhere = metadata_rates(ratings)
    where_a_text_is_given = metadata_rates(
        [each for each in ratings if each.prompt.use_case in CLOSED_DOMAIN]
    )
    found = {}
    for question in QUESTIONS:
        rates = where_a_text_is_given if question.closed_domain else everywhere
        found[question.name] = {
            model: turned(flags[question.flag]) if question.opposite else flags[question.flag]
            for model, flags in rates.items()
            if question.flag in flags
        }
    return found


def turned(estimate: Estimate) -> Estimate:
    """The rate of no."""
    return Estimate(1 - estimate.value, 1 - estimate.high, 1 - estimate.low, estimate.n, estimate.clusters)
