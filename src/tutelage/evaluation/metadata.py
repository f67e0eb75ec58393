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

    def answered(self, rate: float, low: float, high: float) -> tuple[float, float, float]:
        """The rate that is shown and both ends of its interval, from those at which the flag is raised."""
        return (1 - rate, 1 - high, 1 - low) if self.opposite else (rate, low, high)


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
        for flag, said in applying(rating).items():
            values.setdefault(rating.source, {}).setdefault(flag, []).append(float(said))
            prompts.setdefault(rating.source, {}).setdefault(flag, []).append(rating.prompt.id)
    return {
        model: {flag: rate(values[model][flag], prompts[model][flag]) for flag in values[model]}
        for model in values
    }


def applying(rating: Rating) -> dict[str, bool]:
    """The flags that say something of this rating."""
    flags = {flag: said for flag, said in rating.flags.model_dump().items() if said is not None}
    if rating.prompt.use_case not in CLOSED_DOMAIN:
        del flags["hallucination"]
    return flags


def question_rates(ratings: Sequence[Rating]) -> dict[str, dict[str, Estimate]]:
    """question -> model -> rate, for all of QUESTIONS, without the models of which nobody could be asked it.

    Ratings without a source are left out.
    """
    rates = metadata_rates(ratings)
    found: dict[str, dict[str, Estimate]] = {question.name: {} for question in QUESTIONS}
    for question in QUESTIONS:
        for model, flags in rates.items():
            if (raised := flags.get(question.flag)) is not None:
                ends = question.answered(raised.value, raised.low, raised.high)
                found[question.name][model] = Estimate(*ends, raised.n, raised.clusters)
    return found
