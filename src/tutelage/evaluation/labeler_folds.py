"""Does a reward model know labelers whom it has not learned from? Folds of labelers, one left out at a time (§4.1)."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from tutelage.data import derive
from tutelage.evaluation.reward_model import scored_pairs
from tutelage.labelers.intervals import Estimate, mean, rate
from tutelage.schema import Ranking


@dataclass(frozen=True)
class FoldAccuracies:
    """Accuracy on labelers whom the models learned from, and on those whom they did not.

    difference: seen minus unseen on the same pairs, from -1 to 1: its interval is narrower than theirs would let
    expect. by_fold: of each group of labelers, the accuracy on it of the model that was trained without it; None where
    none of them preferred anything.
    """

    seen: Estimate
    unseen: Estimate
    difference: Estimate
    by_fold: list[Estimate | None]


def divide_labelers(labelers: Collection[str], folds: int, seed: int) -> list[tuple[str, ...]]:
    """The labelers in so many groups at random, whose sizes differ by one at most.

    Depends on the names and the seed alone. Raises ValueError where a group would be empty.
    """
    names = sorted(set(labelers))
    if len(names) < folds:
        raise ValueError(f"{len(names)} labelers cannot be divided into {folds} groups")
    random.Random(derive(seed, "labeler_folds")).shuffle(names)
    return [tuple(sorted(names[start::folds])) for start in range(folds)]


def fold_accuracies(
    groups: Sequence[Collection[str]],
    rankings: Sequence[Ranking],
    scores: Sequence[Sequence[Sequence[float]]],
) -> FoldAccuracies:
    """What models that were each trained without one of the groups make of rankings of prompts new to all of them.

    rankings: each by a labeler of some group. scores: for each group the scores by its model: for each ranking one
    number a completion. Every pair counts once among the unseen, and once for each other model among the seen;
    intervals are clustered by prompt. Raises ValueError when every pair is tied.
    """
    fold_of = {name: fold for fold, group in enumerate(groups) for name in group}
    pairs = [list(scored_pairs(rankings, own)) for own in scores]
    agreement = np.array([[pair.agreement for pair in own] for own in pairs])  # (folds, pairs)
    owners = np.array([fold_of[pair.labeler or ""] for pair in pairs[0]], dtype=np.int64)  # (pairs,)
    prompts = [pair.prompt.id for pair in pairs[0]]
    left_out = owners == np.arange(len(groups))[:, None]  # (folds, pairs)
    unseen = agreement[owners, np.arange(len(owners))]
    by_others = (agreement.sum(axis=0) - unseen) / (len(groups) - 1)
    _, places = np.nonzero(~left_out)
    return FoldAccuracies(
        seen=rate(agreement[~left_out], [prompts[place] for place in places]),
        unseen=rate(unseen, prompts),
        difference=mean(by_others - unseen, prompts),
        by_fold=[
            rate(agreement[fold, own], [prompts[place] for place in np.flatnonzero(own)])
            if own.any()
            else None
            for fold, own in enumerate(left_out)
        ],
    )
