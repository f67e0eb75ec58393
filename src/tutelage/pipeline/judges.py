"""Who judges the final table: both groups of simulated labelers, or a reward model that nothing was trained on."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from tutelage.evaluation import Ranker
from tutelage.evaluation.model_ranker import ModelRanker
from tutelage.evaluation.ratings import rate_outputs
from tutelage.pipeline.source import Labelers
from tutelage.pipeline.workbench import Workbench
from tutelage.schema import Group, Prompt, Rating

GROUP_KEYS = {Group.training: "training_labelers", Group.heldout: "heldout_labelers"}


class Judges(Protocol):
    """Rankers in the report's two groups, and raters where they can rate."""

    @property
    def description(self) -> str | None:
        """Who judges, in words, where it is not labelers."""
        ...

    def groups(self, bench: Workbench) -> Mapping[str, Sequence[Ranker]]:
        """The rankers of each group, by the report's name of the group."""
        ...

    def rate(
        self, prompts: Sequence[Prompt], outputs: Mapping[str, Sequence[str]], group: str, bench: Workbench
    ) -> list[Rating]:
        """Ratings of all models' outputs; nothing from judges who only compare."""
        ...


class LabelerJudges:
    """Simulated labelers: everyone ranks every prompt's answers; one of each group rates them one by one."""

    description = None

    def __init__(self, labelers: Labelers) -> None:
        self._labelers = labelers

    def groups(self, bench: Workbench) -> Mapping[str, Sequence[Ranker]]:
        """Training and held-out labelers, with the noise that gives the paper's agreement."""
        noise = bench.findings("labelers")["noise"]
        return {
            key: self._labelers.annotators(group, noise[group.value]) for group, key in GROUP_KEYS.items()
        }

    def rate(
        self, prompts: Sequence[Prompt], outputs: Mapping[str, Sequence[str]], group: str, bench: Workbench
    ) -> list[Rating]:
        """Each prompt is given to one labeler of the group, who rates all models' outputs unnamed."""
        noise = bench.findings("labelers")["noise"]
        of_key = {key: member for member, key in GROUP_KEYS.items()}
        annotators = self._labelers.annotators(of_key[group], noise[of_key[group].value])
        return rate_outputs(prompts, outputs, annotators, seed=bench.recipe.seed, group=group)


class RewardModelJudges:
    """A second reward model, trained on comparisons that the first never saw; it stands for held-out labelers."""

    description = "a second reward model, trained on a disjoint half of the comparisons; no person judged"

    def groups(self, bench: Workbench) -> Mapping[str, Sequence[Ranker]]:
        """One ranker, in the held-out group."""
        return {GROUP_KEYS[Group.heldout]: [ModelRanker("judge", bench.score("judge"))]}

    def rate(
        self, prompts: Sequence[Prompt], outputs: Mapping[str, Sequence[str]], group: str, bench: Workbench
    ) -> list[Rating]:
        """A reward model knows no scale from 1 to 7 and answers no question of Table 3."""
        return []
