"""Step 2 with the user's own rankings: nothing is sampled, what people ranked is taken as it is."""

from collections.abc import Sequence
from typing import Protocol

from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.workbench import Workbench
from tutelage.schema import Ranking, Split

JUDGE = "judge"
"""The half of the training comparisons that only the judge of the final table learns from."""


class Ranked(Protocol):
    """Whoever has rankings on file."""

    def rankings(self) -> list[Ranking]:
        """All of them, each prompt with its split."""
        ...


def import_rankings(bench: Workbench, source: Ranked) -> Findings:
    """Put the rankings into the store: half of the train split's for the reward model, half for its judge."""
    return keep_rankings(bench, source.rankings())


def keep_rankings(bench: Workbench, rankings: Sequence[Ranking]) -> Findings:
    """Store what people ranked, in halves: the judge of the final table must learn from other comparisons."""
    for_judge = [each for each in rankings if each.prompt.split == Split.train and belongs_to_judge(each)]
    for_reward = [each for each in rankings if each.prompt.split != Split.train or not belongs_to_judge(each)]
    bench.store.add_rankings(for_reward, batch=bench.batch())
    bench.store.add_rankings(for_judge, batch=judge_batch(bench))
    training = sum(each.prompt.split == Split.train for each in for_reward)
    validation = sum(each.prompt.split == Split.valid for each in for_reward)
    bench.display.say(
        f"  {training} rankings for the reward model, {len(for_judge)} for its judge, {validation} for validation"
    )
    return {"rankings": training, "validation_rankings": validation, "judge_rankings": len(for_judge)}


def belongs_to_judge(ranking: Ranking) -> bool:
    """By the prompt, so that no prompt is on both sides."""
    return int(ranking.prompt.id, 16) % 2 == 1


def judge_batch(bench: Workbench, stage: str | None = None) -> str:
    """The judge's half in the store, of a stage that collected rankings."""
    return f"{bench.batch(stage)}/{JUDGE}"


def read_rankings(bench: Workbench, stages: Sequence[str]) -> list[Ranking]:
    """The reward model's rankings, collected by these stages."""
    return bench.store.rankings(batch=[bench.batch(stage) for stage in stages])


def read_judge_rankings(bench: Workbench, stages: Sequence[str]) -> list[Ranking]:
    """The judge's rankings; both reward models are measured on the same validation rankings."""
    validation = [each for each in read_rankings(bench, stages) if each.prompt.split == Split.valid]
    return bench.store.rankings(batch=[judge_batch(bench, stage) for stage in stages]) + validation
