"""A run on a machine before it is run: for each stage what it computes, holds, sends, takes and costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tutelage.planning.communication import Traffic, traffic
from tutelage.planning.counts import Counts
from tutelage.planning.hardware import Machine, Precision
from tutelage.planning.layouts import Layout, candidates
from tutelage.planning.memory import (
    Memory,
    Setting,
    drawn,
    pretrained,
    ranked,
    reinforced,
    supervised,
)
from tutelage.planning.seconds import Duration, duration
from tutelage.planning.shapes import Shape
from tutelage.planning.stages import StageWork, stages_of
from tutelage.recipe import Recipe


@dataclass(frozen=True)
class StagePlan:
    """One stage, all rounds of it together."""

    work: StageWork
    memory: Memory
    duration: Duration
    traffic: Traffic


@dataclass(frozen=True)
class Plan:
    """A run in one layout."""

    recipe: Recipe
    counts: Counts
    policy: Shape
    reward: Shape
    setting: Setting
    stages: tuple[StagePlan, ...]

    @property
    def fits(self) -> bool:
        """Whether every stage finds room."""
        return all(stage.memory.fits(self.setting.machine) for stage in self.stages)

    @property
    def fullest(self) -> StagePlan:
        """The stage that needs most of a device."""
        return max(self.stages, key=lambda stage: stage.memory.total)

    @property
    def seconds(self) -> float:
        """One stage after the other."""
        return sum(stage.duration.total for stage in self.stages)

    @property
    def dollars(self) -> float:
        """All devices, as long as that takes."""
        return self.cost(self.seconds)

    def cost(self, seconds: float) -> float:
        """Dollars of all devices for so long."""
        return seconds / 3600 * self.setting.machine.price * self.setting.layout.ranks


def plan(
    recipe: Recipe, counts: Counts, policy: Shape, reward: Shape, machine: Machine, layout: Layout
) -> Plan:
    """The run in this layout."""
    setting = Setting(machine, layout, precision_of(recipe, machine))
    stages = []
    for work in stages_of(recipe, counts, policy, reward, setting.precision):
        own = replace(setting, layout=Layout() if work.alone else layout, lora=work.lora)
        memory = memory_of(work, recipe, counts, policy, reward, own)
        stages.append(StagePlan(work, memory, duration(work, counts, own), traffic(work, own)))
    return Plan(recipe, counts, policy, reward, setting, tuple(stages))


def fitting(
    recipe: Recipe, counts: Counts, policy: Shape, reward: Shape, machine: Machine, ranks: int
) -> Plan:
    """The run in the recipe's own layout, or where it has none in the plainest one that finds room.

    In the one that needs least of a device, where none does.
    """
    stated = Layout.of(recipe, ranks)
    layouts = candidates(ranks) if stated is None else [stated]
    plans = [plan(recipe, counts, policy, reward, machine, layout) for layout in layouts]
    leanest = min(plans, key=lambda each: each.fullest.memory.total)
    return next((each for each in plans if each.fits), leanest)


def precision_of(recipe: Recipe, machine: Machine) -> Precision:
    """What `auto` would find: bf16 where products are well faster in it."""
    if recipe.precision != "auto":
        return recipe.precision
    return "bf16" if machine.bf16 >= 1.3 * machine.fp32 else "fp32"


def memory_of(
    work: StageWork, recipe: Recipe, counts: Counts, policy: Shape, reward: Shape, setting: Setting
) -> Memory:
    """Of the stage of this name."""
    if work.name == "base":
        return pretrained(recipe, policy, setting)
    if work.name in ("sft", "initialization"):
        return supervised(recipe, counts, policy, setting)
    if work.name == "rankings":
        return drawn(recipe, counts, policy, work.passes[-1].of_batch, setting)
    if work.name == "reward":
        return ranked(recipe, counts, reward, setting)
    return reinforced(recipe, counts, policy, reward, setting, ptx=work.name == "ppo_ptx")


def over_ranks(planned: Plan, ranks: Sequence[int]) -> list[Plan]:
    """The same run on other numbers of devices, each in the layout that fits."""
    return [
        fitting(planned.recipe, planned.counts, planned.policy, planned.reward, planned.setting.machine, each)
        for each in ranks
    ]


def with_figures(machine: Machine, **figures: float | None) -> Machine:
    """The machine with those of its figures that the user gave."""
    given: dict[str, Any] = {name: figure for name, figure in figures.items() if figure is not None}
    return replace(machine, **given)
