"""Overall quality on the 1-7 scale of Table 3, as a mean for each model (§3.6)."""

from collections.abc import Sequence

from tutelage.labelers.intervals import Estimate, mean
from tutelage.schema import Rating


def likert_means(ratings: Sequence[Rating], *, resamples: int = 1000, seed: int = 0) -> dict[str, Estimate]:
    """model -> mean overall quality, 1-7; models in order of first appearance, ratings without a source left out."""
    by_model: dict[str, list[Rating]] = {}
    for rating in ratings:
        if rating.source is not None:
            by_model.setdefault(rating.source, []).append(rating)
    return {
        model: mean(
            [rating.overall for rating in own],
            [rating.prompt.id for rating in own],
            resamples=resamples,
            seed=seed,
        )
        for model, own in by_model.items()
    }
