"""Reward models that are each trained without one group of labelers, and tested on it (§4.1): in a run, or alone."""

import hashlib
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel

from tutelage.data import derive
from tutelage.evaluation import score_rankings
from tutelage.evaluation.labeler_folds import FoldAccuracies, divide_labelers, fold_accuracies
from tutelage.models import load_policy, load_tokenizer, require_room, reward_model_from, save_model
from tutelage.pipeline.context import context_of
from tutelage.pipeline.encoding import encode_rankings
from tutelage.pipeline.learners import learner
from tutelage.pipeline.ledger import Ledger
from tutelage.pipeline.single import by_split, prepared, working
from tutelage.pipeline.stages.base import fingerprint_of_base
from tutelage.pipeline.workplace import workplace
from tutelage.recipe import Recipe
from tutelage.rollout import Scorer
from tutelage.schema import InputError, Ranking, Split
from tutelage.training import Monitor, train_reward_model

Scores = list[list[float]]
"""For each ranking one number a completion."""


@dataclass(frozen=True)
class Folds:
    """Groups of labelers, and what all of them ranked: `learned` of the train split, `tested` of the valid split.

    model: the SFT model that every fold's reward model starts from.
    """

    model: str | Path
    groups: list[tuple[str, ...]]
    learned: list[Ranking]
    tested: list[Ranking]
    seed: int

    @classmethod
    def of(
        cls,
        model: str | Path,
        learned: Sequence[Ranking],
        tested: Sequence[Ranking],
        count: int,
        seed: int,
        where: str,
    ) -> "Folds":
        """Rankings by nobody known, and those that the model cannot see whole, are left out.

        Raises InputError, with `where` the number of groups was asked for, when there are too few labelers, or none of
        the tested rankings prefers anything.
        """
        tokenizer, context = load_tokenizer(model), context_of(model)

        def usable(rankings: Sequence[Ranking]) -> list[Ranking]:
            named = [each for each in rankings if each.labeler is not None]
            return [each for each in named if encode_rankings([each], tokenizer, context).items]

        known = {each.labeler for each in (*learned, *tested) if each.labeler is not None}
        groups = groups_of(known, count, seed, where)
        judged = usable(tested)
        if all(len(set(each.ranks)) == 1 for each in judged):
            told = "no ranking of the valid split, by a labeler who is named, prefers anything"
            raise InputError(told, where, "give such rankings: models are tested on them")
        return cls(model, groups, usable(learned), judged, seed)

    def without(self, fold: int) -> list[Ranking]:
        """What the other groups ranked."""
        return [each for each in self.learned if each.labeler not in self.groups[fold]]

    def train(
        self, fold: int, recipe: Recipe, device: torch.device, monitor: Monitor
    ) -> tuple[PreTrainedModel, Scores]:
        """The reward model that never saw this group, and its scores of the tested rankings.

        It learns as the run's does; its scores are not centred, which changes no order.
        """
        tokenizer = load_tokenizer(self.model)
        scalar = learner(reward_model_from(load_policy(self.model)), recipe, device, "reward")
        train_reward_model(
            scalar,
            encode_rankings(self.without(fold), tokenizer, context_of(self.model)).items,
            [],
            [],
            recipe.reward,
            derive(self.seed, "labeler_folds", fold),
            monitor,
        )
        scorer = Scorer(scalar, tokenizer)
        return scalar, score_rankings(lambda prompts, texts: scorer(prompts, texts).tolist(), self.tested)

    def accuracies(self, scores: Sequence[Scores]) -> FoldAccuracies:
        """What the scores by all folds' models come to."""
        return fold_accuracies(self.groups, self.tested, scores)


def groups_of(labelers: Collection[str], count: int, seed: int, where: str) -> list[tuple[str, ...]]:
    """The labelers in so many groups. Raises InputError when there are fewer."""
    if not labelers:
        raise InputError(
            "no ranking names its labeler", where, "give rankings with a column `labeler`, or leave it out"
        )
    if len(labelers) < count:
        told = f"{len(labelers)} labelers cannot be divided into {count} groups"
        remedy = f"ask for {len(labelers)}" if len(labelers) > 1 else "have more labelers rank"
        raise InputError(told, where, remedy)
    return divide_labelers(labelers, count, seed)


def evaluate_labeler_folds(
    recipe: Recipe, model: str, rankings: Sequence[Ranking], count: int, out: Path
) -> tuple[Folds, FoldAccuracies]:
    """Train a reward model for each group of labelers into `out`/fold-1, fold-2 ..., and test it on the group.

    Rankings without a split are split by user. Called again after an interruption, it goes on where it was; what
    `out`/folds.json says was finished from the same rankings, model and recipe is not done again.
    """
    places = [out / f"fold-{number}" for number in range(1, count + 1)]
    for place in places:
        require_room(place)
    recipe, device = prepared(recipe, places[0])
    split = by_split(rankings, recipe.seed)
    folds = Folds.of(model, split[Split.train], split[Split.valid], count, recipe.seed, "--folds")
    given = [
        fingerprint_of_base(model),
        *(each.model_dump_json() for each in (*folds.learned, *folds.tested)),
    ]
    made_from = hashlib.sha256("\n".join([recipe.model_dump_json(), str(count), *given]).encode()).hexdigest()
    scores: list[Scores] = []
    with workplace(out):
        ledger = Ledger(out / "folds.json")
        for fold, place in enumerate(places):
            if not (ledger.finished(place.name, made_from) and place.is_dir()):
                begun = time.monotonic()
                with working(recipe, place.name, place, [made_from]) as monitor:
                    scalar, found = folds.train(fold, recipe, device, monitor)
                    save_model(scalar, load_tokenizer(model), place)
                findings = {"without": folds.groups[fold], "scores": found}
                ledger.record(place.name, made_from, time.monotonic() - begun, findings)
            scores.append(ledger.findings(place.name)["scores"])
    return folds, folds.accuracies(scores)
