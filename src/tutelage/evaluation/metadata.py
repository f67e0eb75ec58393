"""The yes/no judgments of Table 3 as rates for each model: what Figure 4 shows."""

from collections.abc import Sequence

from tutelage.labelers.intervals import Estimate, rate
from tutelage.schema import Rating


def metadata_rates(ratings: Sequence[Rating]) -> dict[str, dict[str, Estimate]]:
    """model -> flag -> rate at which labelers say yes.

    A flag that does not apply to a rating (a constraint where the prompt states none) is left out of that
    rate; a model's flag that never applies is absent. Ratings without a source are left out.
    """
    values: dict[str, dict[str, list[float]]] = {}
    prompts: dict[str, dict[str, list[str]]] = {}
    for rating in ratings:
        if rating.source is None:
            continue
        for flag, said in rating.flags.model_dump().items():
            if said is not None:
                values.setdefault(rating.source, {}).setdefault(flag, []).append(float(said))
                prompts.setdefault(rating.source, {}).setdefault(flag, []).append(rating.prompt.id)
    return {
        model: {flag: rate(values[model][flag], prompts[model][flag]) for flag in values[model]}
        for model in values
    }
