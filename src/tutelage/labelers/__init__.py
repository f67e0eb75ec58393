"""Who demonstrates, ranks and rates: one protocol for people, simulated labelers and model judges. No torch."""

from tutelage.labelers.agreement import agreement, calibrate_noise, pair_preferences
from tutelage.labelers.protocol import Annotator
from tutelage.labelers.simulated import Oracle, SimulatedLabeler
from tutelage.labelers.verdict import Verdict, Weights, utility

__all__ = [
    "Annotator",
    "Oracle",
    "SimulatedLabeler",
    "Verdict",
    "Weights",
    "agreement",
    "calibrate_noise",
    "pair_preferences",
    "utility",
]
