"""When a policy stops: at the end, or once held-out judges have not liked a later one better for long enough.

The reward model cannot tell, for its scores go on rising (Gao et al. 2023); labelers from whom nothing was learned can.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Protocol

from torch import Tensor
from transformers import PreTrainedModel

from tutelage.distributed import told_by_leader
from tutelage.models import ExponentialMovingAverage, gathered_copy, laid_out_as
from tutelage.training.checkpoint import State

Weights = Mapping[str, Tensor]
"""Of a model's parameters by their names, laid over the ranks as the model is."""


@dataclass(frozen=True)
class HeldOut:
    """Judges from whom nothing was learned."""

    prefer: Callable[[PreTrainedModel], float]
    """How much they like what a model says, more is better; every rank asks."""
    every: int
    """Iterations from one look to the next; the last iteration is looked at, too."""


@dataclass(frozen=True)
class Verdict:
    """What held-out judges have come to."""

    best_figure: float = 0.0
    """How much they liked the weights that they liked best."""
    best_iteration: int = 0
    """The iteration after which they saw those; 0 before the first look."""
    last_iteration: int = 0
    """That of the last look."""
    without_better: int = 0
    """Looks since the best one."""


class Stopping(Protocol):
    """Says after each iteration whether the policy stops, and which of its averaged weights are kept."""

    @property
    def exhausted(self) -> bool:
        """Whether the policy stops."""

    @property
    def best(self) -> Weights:
        """The weights that are kept."""

    @property
    def verdict(self) -> Verdict | None:
        """What was seen of the policy; None where nobody looks."""

    def look(self, iteration: int) -> dict[str, float]:
        """After so many iterations: what is to be logged."""

    def state(self) -> State:
        """What a resumed run must remember."""

    def load(self, state: State) -> None:
        """Remember what `state` told."""


class Never:
    """All iterations are done, and the last average is kept, as in the paper."""

    exhausted = False
    verdict = None

    def __init__(self, average: ExponentialMovingAverage) -> None:
        self.average = average

    @property
    def best(self) -> Weights:
        """The last ones."""
        return self.average.state_dict()

    def look(self, iteration: int) -> dict[str, float]:
        """Nobody looks."""
        return {}

    def state(self) -> State:
        """Nothing."""
        return {}

    def load(self, state: State) -> None:
        """Nothing was kept."""


class EarlyStopping:
    """Looks at the averaged weights now and then, and keeps those that were liked best.

    patience: looks in a row without a better figure after which the policy stops. warm_up: iterations before the
    policy begins to learn, in which there is nothing to see.
    """

    def __init__(
        self,
        policy: PreTrainedModel,
        average: ExponentialMovingAverage,
        heldout: HeldOut,
        patience: int,
        warm_up: int,
        iterations: int,
    ) -> None:
        self.policy = policy
        self.average = average
        self.heldout = heldout
        self.patience = patience
        self.warm_up = warm_up
        self.iterations = iterations
        self.best = snapshot(average)
        """Until the first look, those that training starts with."""
        self.verdict = Verdict()

    @property
    def exhausted(self) -> bool:
        """Whether the policy stops."""
        return self.verdict.without_better >= self.patience

    def look(self, iteration: int) -> dict[str, float]:
        """After so many iterations: what is to be logged; nothing between two looks."""
        due = iteration > self.warm_up and iteration % self.heldout.every == 0
        if not due and iteration != self.iterations:
            return {}
        averaged = gathered_copy(self.policy)
        self.average.copy_to(averaged)
        figure = told_by_leader(self.heldout.prefer(averaged))
        last = self.verdict
        if last.best_iteration == 0 or figure > last.best_figure:
            self.best = snapshot(self.average)
            self.verdict = Verdict(figure, iteration, iteration)
        else:
            self.verdict = replace(last, last_iteration=iteration, without_better=last.without_better + 1)
        return {"heldout_win_rate": figure, "looks_without_better": float(self.verdict.without_better)}

    def state(self) -> State:
        """What a resumed run must remember."""
        return {"best": self.best, "verdict": asdict(self.verdict)}

    def load(self, state: State) -> None:
        """Remember what `state` told."""
        self.best = {
            name: laid_out_as(weight, state["best"][name]).to(weight.device)
            for name, weight in self.best.items()
        }
        self.verdict = Verdict(**state["verdict"])


def snapshot(average: ExponentialMovingAverage) -> dict[str, Tensor]:
    """A copy of the averaged weights."""
    return {name: weight.clone() for name, weight in average.state_dict().items()}
