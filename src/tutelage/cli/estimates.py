"""Estimates as the terminal shows them: the figure and its interval, a dash where nothing can be said."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutelage.labelers.intervals import Estimate


def share(estimate: "Estimate | None") -> str:
    """A rate, in percent."""
    return "–" if estimate is None else f"{estimate.value:.1%} ({estimate.low:.1%}–{estimate.high:.1%})"


def number(estimate: "Estimate | None") -> str:
    """A figure that is no rate, such as alpha."""
    return "–" if estimate is None else f"{estimate.value:.2f} ({estimate.low:.2f}–{estimate.high:.2f})"


def figure(estimate: "Estimate | None") -> str:
    """A mean with its interval, and of how many."""
    if estimate is None:
        return "–"
    return f"{estimate.value:.3f} ({estimate.low:.3f}–{estimate.high:.3f}) n={estimate.n}"
