"""What made what: the stages behind a model with their data and their part of the recipe, as a tree in the terminal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.tree import Tree

from tutelage.report.names import stage_name
from tutelage.report.wording import duration

MADE_BY = {"sft": "sft_choice", "sft_by_loss": "sft"}
"""Models that do not have the name of the stage they come from."""


@dataclass(frozen=True)
class Made:
    """A finished stage as the run's record has it.

    inputs: stages whose results it read; None where it was done before that was recorded. settings: the part of the
    recipe, and whatever else from outside, that decided it. records: kind -> how many it wrote into the store.
    finished: when, ISO 8601.
    """

    stage: str
    identity: str
    inputs: tuple[str, ...] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    records: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    finished: str | None = None

    @property
    def started_from(self) -> str | None:
        """The model that the recipe names for this stage, the hub's with its commit."""
        section = self.settings.get(self.stage)
        name = section.get("model") if isinstance(section, Mapping) else None
        return str(name) if name else None

    @property
    def told(self) -> str:
        """In a line: what it is, what it wrote, when, and by which identity it is known."""
        wrote = [f"{count:,} {kind}" for kind, count in self.records.items()]
        parts = [stage_name(self.stage), *([self.started_from] if self.started_from else [])]
        parts += [*([", ".join(wrote)] if wrote else []), duration(self.seconds)]
        return "; ".join([*parts, *([self.finished] if self.finished else []), self.identity[:12]])


Lineage = Mapping[str, Made]
"""The finished stages of a run, in the order in which they were done."""


def stage_of(model: str) -> str:
    """The stage that made a model: `ppo_ptx_1` the one of its name, `sft` the choice among its epochs."""
    return MADE_BY.get(model, model)


def behind(lineage: Lineage, stage: str) -> list[Made]:
    """A stage and all that went into it, in the order in which they were done."""
    wanted = set(_reached(lineage, stage))
    return [made for name, made in lineage.items() if name in wanted]


def lineage_tree(lineage: Lineage, models: Mapping[str, str], title: str) -> Tree:
    """models: name -> stage that made it. A stage that stands in the tree already is named only."""
    tree = Tree(title)
    shown: set[str] = set()
    for model, stage in models.items():
        _grow(tree.add(f"[bold]{model}[/bold]"), lineage, stage, shown)
    return tree


def _grow(branch: Tree, lineage: Lineage, stage: str, shown: set[str]) -> None:
    made = lineage.get(stage)
    if made is None:
        branch.add(f"{stage_name(stage)}; not on record")
        return
    if stage in shown:
        branch.add(f"[dim]{stage_name(stage)}, as above[/dim]")
        return
    shown.add(stage)
    grown = branch.add(made.told, highlight=False)
    if made.inputs is None:
        grown.add("[dim]made before a run recorded what its stages read[/dim]")
    for before in made.inputs or ():
        _grow(grown, lineage, before, shown)


def _reached(lineage: Lineage, stage: str) -> Iterator[str]:
    found, waiting = {stage}, [stage]
    while waiting:
        made = lineage.get(waiting.pop())
        new = [] if made is None else [name for name in made.inputs or () if name not in found]
        found.update(new)
        waiting += new
    yield from found
