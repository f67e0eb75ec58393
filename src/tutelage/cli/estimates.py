"""Estimates as the terminal shows them: the figure and its interval, a dash where nothing can be said."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutelage.labelers.intervals import Estimate


UNKNOWN_SPREAD = "not enough data"
"""What stands for the interval of a single prompt's figures, of which nothing is known."""


def share(estimate: "Estimate | None") -> str:
    """A rate, in percent."""
    return "–" if estimate is None else f"{estimate.value:.1%} ({ends(estimate, '.1%')})"


def number(estimate: "Estimate | None") -> str:
    """A figure that is no rate, such as alpha."""
    return "–" if estimate is None else f"{estimate.value:.2f} ({ends(estimate, '.2f')})"


def figure(estimate: "Estimate | None") -> str:
    """A mean with its interval, and of how many."""
    if estimate is None:
        return "–"
    return f"{estimate.value:.3f} ({ends(estimate, '.3f')}) n={estimate.n}"


def difference(estimate: "Estimate | None") -> str:
    """A difference of two figures with its interval, and on how many prompts."""
    if estimate is None:
        return "–"
    return f"{estimate.value:+.3f} ({ends(estimate, '+.3f')}) n={estimate.n}"


def ends(estimate: "Estimate", form: str) -> str:
    """The interval's two ends."""
    if estimate.clusters == 1:
        return UNKNOWN_SPREAD
    return f"{estimate.low:{form}}–{estimate.high:{form}}"
