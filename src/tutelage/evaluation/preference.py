"""The main metric (§3.6, §4.1): how often labelers prefer a model's completion to the baseline's.

Every labeler ranks the completions of all models for a prompt, not knowing which is whose; each ranking gives
a win, a loss or a tie (half) for each model against the baseline.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Protocol

from tutelage.labelers.intervals import Estimate, rate
from tutelage.schema import SAME_OUTPUT, Labeler, Prompt, Ranking


class Ranker(Protocol):
    """The part of a labeler that judging preference needs."""

    @property
    def labeler(self) -> Labeler: ...

    def rank(self, prompt: Prompt, completions: Sequence[str]) -> tuple[int, ...]: ...


def rank_outputs(
    prompts: Sequence[Prompt], outputs: Mapping[str, Sequence[str]], rankers: Sequence[Ranker]
) -> list[Ranking]:
    """Let each ranker rank, for each prompt, the outputs of all models.

    outputs: model -> one completion a prompt, in the order of `prompts`. Shown in an order that depends on
    prompt and labeler only, so that no model's place gives it away; the ranking is returned in the order of
    `outputs`.
    """
    models = tuple(outputs)
    for model in models:
        if len(outputs[model]) != len(prompts):
            raise ValueError(f"{model} has {len(outputs[model])} completions for {len(prompts)} prompts")
    rankings = []
    for ranker in rankers:
        for row, prompt in enumerate(prompts):
            shown = shuffled(models, f"{ranker.labeler.name}\n{prompt.id}")
            ranks = dict(
                zip(shown, ranker.rank(prompt, [outputs[model][row] for model in shown]), strict=True)
            )
            rankings.append(
                Ranking(
                    prompt=prompt,
                    completions=tuple(outputs[model][row] for model in models),
                    ranks=tuple(ranks[model] for model in models),
                    labeler=ranker.labeler.name,
                    sources=models,
                )
            )
    return rankings


def shuffled(models: Sequence[str], key: str) -> list[str]:
    """The models in an order that looks random and is fixed by the key."""
    return sorted(models, key=lambda model: hashlib.sha256(f"{key}\n{model}".encode()).digest())


def win_rates(rankings: Sequence[Ranking], baseline: str) -> dict[str, Estimate]:
    """model -> rate at which its completion is ranked above the baseline's; a tie counts as half.

    Models in order of first appearance; the baseline itself is left out, and so are models never ranked
    beside it. Intervals are clustered by prompt. Rankings without sources say nothing here. Raises ValueError
    when no ranking has the baseline.
    """
    outcomes: dict[str, list[float]] = {}
    prompts: dict[str, list[str]] = {}
    for ranking in rankings:
        sources = ranking.sources or ()
        against = [rank for rank, source in zip(ranking.ranks, sources, strict=False) if source == baseline]
        for rank, source in zip(ranking.ranks, sources, strict=False):
            if source == baseline or not against:
                continue
            won = sum(outcome(rank, other) for other in against) / len(against)
            outcomes.setdefault(source, []).append(won)
            prompts.setdefault(source, []).append(ranking.prompt.id)
    if not outcomes:
        raise ValueError(f"no ranking compares anything with {baseline!r}")
    return {model: rate(outcomes[model], prompts[model]) for model in outcomes}


def outcome(rank: int, other: int) -> float:
    """1 for the better rank, 0 for the worse, half for a tie."""
    return 0.5 if rank == other else float(rank < other)


def head_to_head(rankings: Sequence[Ranking]) -> dict[str, dict[str, Estimate]]:
    """row model -> column model -> rate at which the row's completion is preferred to the column's."""
    models = list(dict.fromkeys(source for ranking in rankings for source in ranking.sources or ()))
    against = {baseline: win_rates(rankings, baseline) for baseline in models}
    return {
        row: {column: against[column][row] for column in models if row in against[column]} for row in models
    }


def apart(ranking: Ranking) -> Ranking:
    """The ranking with a completion for each source: an output that several gave, `a = b`, is that of each."""
    rows = [
        (text, rank, source)
        for text, rank, sources in zip(
            ranking.completions, ranking.ranks, ranking.sources or (), strict=False
        )
        for source in sources.split(SAME_OUTPUT)
    ]
    if len(rows) == len(ranking.completions):
        return ranking
    texts, ranks, sources = zip(*rows, strict=True)
    return ranking.model_copy(update={"completions": texts, "ranks": ranks, "sources": sources})
