"""The one protocol of labelers: what a person, a simulated labeler or a model judge can be asked to do (§3.4)."""

from collections.abc import Sequence
from typing import Protocol

from tutelage.schema import Labeler, Prompt, Rating


class Annotator(Protocol):
    """Somebody who does a labeler's three tasks. The same question always gets the same answer."""

    @property
    def labeler(self) -> Labeler:
        """Who it is: a name and a group."""
        ...

    def demonstrate(self, prompt: Prompt) -> str:
        """The wanted completion of a prompt, as this labeler would write it."""
        ...

    def rank(self, prompt: Prompt, completions: Sequence[str]) -> tuple[int, ...]:
        """The rank of each completion: 1 is best, equal numbers are a tie, ranks skip after a tie (1, 2, 2, 4)."""
        ...

    def rate(self, prompt: Prompt, completion: str) -> Rating:
        """Overall quality from 1 to 7 and the flags of Table 3."""
        ...
