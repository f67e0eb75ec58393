"""What a run will compute, hold, send, take and cost, from its recipe and a few figures of a machine; without torch."""

from tutelage.planning.counts import Counts
from tutelage.planning.hardware import MACHINES, Machine, machine_of
from tutelage.planning.layouts import Layout
from tutelage.planning.plan import Plan, StagePlan, fitting, over_ranks, plan, with_figures
from tutelage.planning.shapes import KNOWN, Shape, pretrained_here, read_configuration, shape_of

__all__ = [
    "KNOWN",
    "MACHINES",
    "Counts",
    "Layout",
    "Machine",
    "Plan",
    "Shape",
    "StagePlan",
    "fitting",
    "machine_of",
    "over_ranks",
    "plan",
    "pretrained_here",
    "read_configuration",
    "shape_of",
    "with_figures",
]
