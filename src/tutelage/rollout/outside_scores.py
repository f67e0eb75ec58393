"""Scores that come from outside: what is taken for a score, and how ranks share the asking."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from itertools import islice

import torch
from torch import Tensor

from tutelage.distributed import add_up, own_rows
from tutelage.schema import RunError


def scored_apart(
    ask: Callable[[list[str], list[str]], Sequence[float]], prompts: Sequence[str], completions: Sequence[str]
) -> Tensor:
    """(N,) float32 scores; where several ranks work together each asks for its own rows, and all get the whole."""
    scores, own = torch.zeros(len(prompts)), list(own_rows(len(prompts)))
    if own:
        found = ask([prompts[row] for row in own], [completions[row] for row in own])
        scores[own] = torch.tensor(found, dtype=torch.float32)
    return add_up(scores)


def as_scores(given: object, count: int, whom: str) -> list[float]:
    """What somebody gave as the scores of `count` completions. Raises RunError, naming `whom`, where it is none."""
    texts_or_names = isinstance(given, str | bytes | Mapping | Set)
    if texts_or_names or not isinstance(given, Iterable):
        raise RunError(f"{whom} gave {_told(given)}, and not a list of {count} scores")
    found = list(islice(given, count + 1))
    if len(found) != count:
        number = len(found) if len(found) < count else f"more than {count}"
        raise RunError(f"{whom} gave {number} scores for {count} completions")
    return [_as_score(each, whom) for each in found]


def _as_score(given: object, whom: str) -> float:
    if not isinstance(given, str | bytes):
        try:
            score = float(given)  # type: ignore[arg-type]  # numbers of numpy and torch, too
        except (TypeError, ValueError, RuntimeError, OverflowError):
            pass
        else:
            if math.isfinite(score):
                return score
    raise RunError(f"{whom} gave {_told(given)} as a score, which is no finite number")


def _told(given: object) -> str:
    return repr(given)[:60]
