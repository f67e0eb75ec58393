"""How long a stage takes: its products, reading weights while sampling, the optimizer's traffic, and what is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tutelage.planning.communication import traffic
from tutelage.planning.counts import Counts
from tutelage.planning.memory import Setting, rows_at_once
from tutelage.planning.passes import LEARNED, PASSED_BACK, READ, Pass
from tutelage.planning.stages import StageWork, Steps

ADAM_BYTES = 32
"""A parameter's traffic in a step: weight and two moments read and written, gradient read, also for its norm."""
AVERAGE_BYTES = 12
"""Of the moving average: read, written, and the weight read."""
MEASURED_BYTES = 44
"""To measure the ptx term: the gradient copied before and after it, the difference made and its length taken."""


@dataclass(frozen=True)
class Duration:
    """Seconds of a stage on one of its devices, which all work alike."""

    parts: Mapping[str, float]
    """By pass, and for the optimizers."""
    sending: float
    """Of what devices send each other, while they compute."""

    @property
    def computing(self) -> float:
        """All parts."""
        return sum(self.parts.values())

    @property
    def total(self) -> float:
        """Sending and computing go on side by side, so the longer of them counts."""
        return max(self.computing, self.sending)


def duration(stage: StageWork, counts: Counts, setting: Setting) -> Duration:
    """Of a whole stage, rounds and all."""
    parts = {each.name: _seconds(each, counts, setting) for each in stage.passes}
    if stage.steps:
        parts["optimizers"] = sum(_optimizing(each, setting) for each in stage.steps)
    return Duration(parts, traffic(stage, setting).seconds(setting))


def _seconds(each: Pass, counts: Counts, setting: Setting) -> float:
    machine, layout = setting.machine, setting.layout
    rate = machine.rate(setting.precision) * min(layout.ranks, each.of_batch)
    if each.kind == "drawn":
        return _drawing(each, counts, setting)
    # on a CPU attention computes what a token may not see, too, and masks it
    flops = each.weights + each.attention * (2 if machine.kind == "cpu" else 1)
    if each.kind == "learned" and layout.activation_checkpointing:
        learned = LEARNED if each.adapter is None else PASSED_BACK
        flops *= (learned + READ) / learned
    return flops / (rate * machine.efficiency)


def _drawing(each: Pass, counts: Counts, setting: Setting) -> float:
    """Every step reads all weights and the cache, beside its products."""
    machine, shape = setting.machine, each.shape
    ranks = min(setting.layout.ranks, each.of_batch)
    longest = round(counts.episode)
    rows = max(1.0, min(each.of_batch / ranks, rows_at_once(shape, machine, longest)))
    cache = 2 * shape.layers * shape.key_heads * shape.head_size * each.length * rows
    a_step = setting.number * (shape.body + shape.head + cache) / machine.bandwidth
    products = (each.weights + each.attention) / (machine.rate(setting.precision) * ranks * machine.decoding)
    return products + each.tokens / (ranks * rows) * a_step


def _optimizing(steps: Steps, setting: Setting) -> float:
    bytes_moved = ADAM_BYTES
    bytes_moved += AVERAGE_BYTES if steps.averaged else 0
    bytes_moved += MEASURED_BYTES if steps.measured else 0
    speed = setting.layout.parts * setting.machine.bandwidth
    return steps.count * steps.parameters * bytes_moved / speed
