"""The figures of models under kinds of prompts, and how they differ from a baseline's."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tutelage.evaluation.statistics import Statistic, change
from tutelage.labelers.intervals import Estimate


@dataclass(frozen=True)
class Scores:
    """The figures of one model under one kind of prompt; n: its samples."""

    model: str
    prompt_type: str | None
    n: int
    statistics: Mapping[str, Statistic]

    @cached_property
    def figures(self) -> dict[str, Estimate]:
        """Each with its interval."""
        return {name: statistic.estimate() for name, statistic in self.statistics.items()}

    def only(self, names: Collection[str]) -> "Scores":
        """The figures of these names."""
        kept = {name: statistic for name, statistic in self.statistics.items() if name in names}
        return replace(self, statistics=kept)

    def renamed(self, prefix: str) -> "Scores":
        """The same with this before the figures' names, so that those of several tasks can stand side by side."""
        statistics = {prefix + name: statistic for name, statistic in self.statistics.items()}
        return replace(self, statistics=statistics)

    def changes_since(self, before: "Scores") -> dict[str, Estimate]:
        """The figures minus those of another model, on the prompts of both; without those that share hardly any."""
        found = {
            name: change(before.statistics[name], statistic)
            for name, statistic in self.statistics.items()
            if name in before.statistics
        }
        return {name: estimate for name, estimate in found.items() if estimate is not None}


def joined(*parts: Sequence[Scores]) -> list[Scores]:
    """All figures of a model under a kind of prompt in one place; n: the most that any of them is of."""
    found: dict[tuple[str, str | None], Scores] = {}
    for each in (each for part in parts for each in part):
        key = each.model, each.prompt_type
        before = found.get(key)
        if before is not None:
            statistics = {**before.statistics, **each.statistics}
            each = Scores(*key, max(before.n, each.n), statistics)
        found[key] = each
    return list(found.values())


def changes(found: Sequence[Scores], baseline: str) -> dict[tuple[str, str | None], dict[str, Estimate]]:
    """By model and kind of prompt, the differences from the baseline under the same kind of prompt."""
    before = {each.prompt_type: each for each in found if each.model == baseline}
    return {
        (each.model, each.prompt_type): each.changes_since(before[each.prompt_type])
        for each in found
        if each.model != baseline and each.prompt_type in before
    }
