"""How often labelers agree (§3.4), and how noisy simulated ones must be to agree as often as people do."""

from collections.abc import Callable, Sequence
from itertools import combinations

from tutelage.labelers.protocol import Annotator
from tutelage.schema import Prompt

Pair = tuple[Prompt, str, str]


def pair_preferences(annotator: Annotator, pairs: Sequence[Pair]) -> list[int]:
    """For each pair of completions: 1 when the first is preferred, -1 when the second is, 0 for a tie."""
    preferences = []
    for prompt, first, second in pairs:
        one, other = annotator.rank(prompt, (first, second))
        preferences.append((other > one) - (other < one))
    return preferences


def agreement(annotators: Sequence[Annotator], pairs: Sequence[Pair]) -> float:
    """The share of strict preferences on which two different annotators agree, over all pairs of annotators.

    Raises ValueError when no two annotators have a strict preference about the same pair.
    """
    preferences = [pair_preferences(annotator, pairs) for annotator in annotators]
    same = both = 0
    for mine, theirs in combinations(preferences, 2):
        for one, other in zip(mine, theirs, strict=True):
            both += one * other != 0
            same += one * other > 0
    if both == 0:
        raise ValueError("no two labelers have a strict preference about the same pair of completions")
    return same / both


def calibrate_noise(
    annotators_with: Callable[[float], Sequence[Annotator]],
    pairs: Sequence[Pair],
    target: float,
    most: float = 8.0,
) -> float:
    """The noise at which annotators agree on these pairs at the target rate, by bisection.

    More noise means less agreement. Where even noiseless annotators agree less than ``target``, the answer is near 0.
    """
    low, high = 0.0, most
    for _ in range(12):
        middle = (low + high) / 2
        if agreement(annotators_with(middle), pairs) > target:
            low = middle
        else:
            high = middle
    return (low + high) / 2
