"""What devices send each other in a stage, and how long that takes.

Collectives go round a ring: of n bytes that all need, a device sends and receives n · (ranks − 1) / ranks; a sum of n
bytes that all get is twice that. Within a node at the speed of its links, else at that of each device's network.
"""

from __future__ import annotations

from dataclasses import dataclass

from tutelage.planning.memory import FULL, Setting, tokens_at_once
from tutelage.planning.passes import Pass
from tutelage.planning.stages import StageWork


@dataclass(frozen=True)
class Traffic:
    """Of one device, in all of a stage."""

    gathered: float
    """Bytes of weights that come from other ranks."""
    summed: float
    """Bytes of gradients that go to other ranks."""

    @property
    def bytes(self) -> float:
        """Between ranks."""
        return self.gathered + self.summed

    def seconds(self, setting: Setting) -> float:
        """As long as all of it takes; a device can compute meanwhile."""
        machine = setting.machine
        speed = machine.link if setting.layout.ranks <= machine.devices_per_node else machine.network
        return self.bytes / speed


def traffic(stage: StageWork, setting: Setting) -> Traffic:
    """Sharded, every pass gathers the weights, one with a gradient twice, and then divides its gradient's sum; sampling
    gathers all of the policy once a batch. Replicated, a sum of the gradient ends every step.
    """
    layout = setting.layout
    ring = (layout.ranks - 1) / layout.ranks
    if not layout.shard:
        sums = sum(each.count * each.parameters * (2 if each.measured else 1) for each in stage.steps)
        return Traffic(0.0, ring * 2 * FULL * sums)
    gathered = summed = 0.0
    for each in stage.passes:
        weights = each.shape.parameters if each.predicted else each.shape.scalar
        if each.kind == "drawn":
            gathered += each.batches * FULL * weights
        elif each.name != "prompts":  # they are read by what was gathered to sample from
            passes = parts_of(each, setting)
            learned = each.kind == "learned"
            gathered += passes * (2 if learned else 1) * setting.number * weights
            learning = weights if each.adapter is None else each.adapter
            summed += passes * FULL * learning if learned else 0
    return Traffic(ring * gathered, ring * summed)


def parts_of(each: Pass, setting: Setting) -> float:
    """How often a rank passes tokens through: as often as there are batches, or as its budget asks for."""
    budget = tokens_at_once(each.shape, setting.machine)
    return max(each.batches, each.tokens / min(setting.layout.ranks, each.of_batch) / budget)
