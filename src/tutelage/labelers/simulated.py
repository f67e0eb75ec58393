"""A simulated labeler: weights over an oracle's judgments, blurred by a noise of its own.

The noise is Gumbel, so that the preference between two completions follows the Bradley-Terry model which the
reward model's loss assumes (§3.5). It is drawn from a hash of who finds what in a completion: who sees the same
thing twice judges it the same, and completions of which the oracle says the same are ties unless their length alone
makes a difference.
"""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from tutelage.labelers.verdict import Verdict, Weights, utility
from tutelage.schema import Flags, Labeler, Prompt, Rating

WORST_UTILITY, BEST_UTILITY = -1.5, 4.5
"""The utilities that the ends of the Likert scale stand for."""


class Oracle(Protocol):
    """Whatever can tell the facts about a completion."""

    def judge(self, prompt: Prompt, completion: str) -> Verdict:
        """The verdict on a completion of this prompt."""
        ...


def _gumbel(*parts: str) -> float:
    """A standard Gumbel number that depends on nothing but the parts."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    uniform = (int.from_bytes(digest[:8], "big") + 0.5) / 2**64
    return -math.log(-math.log(uniform))


@dataclass(frozen=True)
class SimulatedLabeler:
    """An :class:`~tutelage.labelers.protocol.Annotator` made of an oracle, weights, noise and a way of writing.

    ``noise`` is the scale of the Gumbel noise on each perceived utility; completions whose perceived utilities
    differ by less than ``tie_margin`` are ranked as ties; ``write`` gives this labeler's demonstration of a prompt.
    """

    labeler: Labeler
    weights: Weights
    noise: float
    oracle: Oracle
    write: Callable[[Prompt], str]
    tie_margin: float = 0.1

    def perceived(self, prompt: Prompt, completion: str) -> float:
        """The utility of a completion as this labeler sees it, noise included."""
        verdict = self.oracle.judge(prompt, completion)
        seen = repr(replace(verdict, words=0))  # a word more or less is not another thing
        return utility(verdict, self.weights) + self.noise * _gumbel(self.labeler.name, prompt.id, seen)

    def demonstrate(self, prompt: Prompt) -> str:
        return self.write(prompt)

    def rank(self, prompt: Prompt, completions: Sequence[str]) -> tuple[int, ...]:
        worth = [self.perceived(prompt, completion) for completion in completions]
        ranks = [0] * len(worth)
        leader, rank = math.inf, 1  # the first member of the group of ties, and the rank of that group
        for place, i in enumerate(sorted(range(len(worth)), key=lambda i: -worth[i]), start=1):
            if leader - worth[i] > self.tie_margin:
                leader, rank = worth[i], place
            ranks[i] = rank
        return tuple(ranks)

    def rate(self, prompt: Prompt, completion: str) -> Rating:
        verdict = self.oracle.judge(prompt, completion)
        share = (self.perceived(prompt, completion) - WORST_UTILITY) / (BEST_UTILITY - WORST_UTILITY)
        return Rating(
            prompt=prompt,
            completion=completion,
            overall=min(7, max(1, round(1 + 6 * share))),
            flags=Flags(
                fails_task=not verdict.attempts,
                inappropriate=verdict.rude,
                hallucination=verdict.invents,
                satisfies_constraint=verdict.satisfies,
            ),
            labeler=self.labeler.name,
        )
