"""When a policy stops: once held-out judges have not liked a later one better for long enough.

The reward model cannot tell, for its scores go on rising (Gao et al. 2023); labelers from whom nothing was learned can.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from transformers import PreTrainedModel

from tutelage.distributed import told_by_leader
from tutelage.models import ExponentialMovingAverage, gathered_copy
from tutelage.training.checkpoint import State


@dataclass(frozen=True)
class HeldOut:
    """Judges from whom nothing was learned."""

    prefer: Callable[[PreTrainedModel], float]
    """How much they like what a model says, more is better; every rank asks."""
    every: int
    """Iterations from one look to the next; the last iteration is looked at, too."""


class EarlyStopping:
    """Looks at the averaged weights now and then, and keeps those that were liked best.

    patience: looks in a row without a better figure after which the policy stops. warm_up: iterations before the
    policy begins to learn, in which there is nothing to see.
    """

    def __init__(
        self, policy: PreTrainedModel, heldout: HeldOut, patience: int, warm_up: int, iterations: int
    ) -> None:
        self.policy = policy
        self.heldout = heldout
        self.patience = patience
        self.warm_up = warm_up
        self.iterations = iterations
        self.best = ExponentialMovingAverage(policy, decay=0.0)
        """The weights; until the first look, those that training starts with."""
        self.best_figure = 0.0
        self.best_iteration = 0
        self.last_iteration = 0
        self.without_better = 0

    def look(self, iteration: int, average: ExponentialMovingAverage) -> dict[str, float]:
        """After so many iterations: what is to be logged; nothing between two looks."""
        self.last_iteration = iteration
        due = iteration > self.warm_up and iteration % self.heldout.every == 0
        if not due and iteration != self.iterations:
            return {}
        averaged = gathered_copy(self.policy)
        average.copy_to(averaged)
        figure = told_by_leader(self.heldout.prefer(averaged))
        if self.best_iteration == 0 or figure > self.best_figure:
            self.best.load_state_dict(average.state_dict())
            self.best_figure, self.best_iteration, self.without_better = figure, iteration, 0
        else:
            self.without_better += 1
        return {"heldout_win_rate": figure, "looks_without_better": float(self.without_better)}

    @property
    def exhausted(self) -> bool:
        """Whether the policy stops."""
        return self.without_better >= self.patience

    @property
    def told(self) -> str:
        """Why it stopped, if it did, and which weights are kept."""
        best, figure = self.best_iteration, self.best_figure
        kept = f"held-out judges liked it best after iteration {best} ({figure:.3f}), whose weights are kept"
        if not self.exhausted:
            return kept
        looks = "look" if self.without_better == 1 else "looks"
        return (
            f"stopped after iteration {self.last_iteration} of {self.iterations}: {kept}, and no better in "
            f"{self.without_better} {looks} since"
        )

    def state(self) -> State:
        """What a resumed run must remember."""
        return {
            "best": self.best.state_dict(),
            "best_figure": self.best_figure,
            "best_iteration": self.best_iteration,
            "last_iteration": self.last_iteration,
            "without_better": self.without_better,
        }

    def load(self, state: State) -> None:
        """Remember what `state` told."""
        self.best.load_state_dict(state["best"])
        self.best_figure, self.best_iteration = state["best_figure"], state["best_iteration"]
        self.last_iteration, self.without_better = state["last_iteration"], state["without_better"]
