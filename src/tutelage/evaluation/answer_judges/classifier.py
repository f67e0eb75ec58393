"""A classifier of one score as judge, as `tutelage train judge` makes it."""

from collections.abc import Callable, Iterable, Sequence
from typing import SupportsFloat

import numpy as np


class ClassifierJudge:
    """The logistic function of a scalar model's score is the probability of a yes."""

    def __init__(self, score: Callable[[list[str], list[str]], Iterable[SupportsFloat]]) -> None:
        self._score = score

    def __call__(self, questions: Sequence[str], answers: Sequence[str]) -> list[float]:
        """The probability for each answer to its question."""
        scores = np.asarray([float(score) for score in self._score(list(questions), list(answers))])
        probabilities: list[float] = (0.5 + 0.5 * np.tanh(scores / 2)).tolist()
        return probabilities
