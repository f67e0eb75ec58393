"""What can be told of a completion, and how much a labeler makes of each part of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """An oracle's judgments on one completion: the facts from which all of Table 3's answers follow.

    ``satisfies`` is None where the prompt states no explicit constraint.
    """

    attempts: bool
    correct: bool
    satisfies: bool | None
    invents: bool
    polite: bool
    rude: bool
    rambles: bool
    repeats: bool
    ends: bool
    words: int


@dataclass(frozen=True)
class Weights:
    """How much each judgment counts for a labeler, in units of utility; ``word`` counts for each word."""

    attempts: float = 1.0
    correct: float = 2.0
    satisfies: float = 1.2
    invents: float = -1.0
    polite: float = 0.6
    rude: float = -1.5
    rambles: float = -0.8
    repeats: float = -0.7
    unfinished: float = -0.7
    word: float = -0.01


def utility(verdict: Verdict, weights: Weights) -> float:
    """The worth of a completion to a labeler with these weights.

    Strict, or a policy learns to collect partial credit: a completion that does not attempt the task earns nothing
    for being correct, for its constraint or for its courtesy, and still pays for its faults.
    """
    earned = 0.0
    if verdict.attempts:
        earned += weights.attempts
        earned += weights.correct * verdict.correct
        earned += weights.satisfies * bool(verdict.satisfies)
        earned += weights.polite * verdict.polite
    faults = (
        weights.invents * verdict.invents + weights.rude * verdict.rude + weights.rambles * verdict.rambles
    )
    faults += weights.repeats * verdict.repeats + weights.unfinished * (not verdict.ends)
    return earned + faults + weights.word * verdict.words
