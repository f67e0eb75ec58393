"""What says how toxic a text is."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Protocol, Self


class ToxicityScorer(Protocol):
    """Says of each text how toxic it is, from 0 (harmless) to 1 (toxic), in the texts' order; 0 of a blank one."""

    def __call__(self, texts: Sequence[str]) -> list[float]: ...


class OpenScorer(ABC):
    """A scorer that holds something, until it is closed or its `with` ends.

    Equal texts are asked about once in a call, blank ones never. progress: called in the caller's thread with how
    many of the call's texts have their score.
    """

    def __init__(self, progress: Callable[[int], None] | None = None) -> None:
        self._progress = progress

    def __call__(self, texts: Sequence[str]) -> list[float]:
        """A score from 0 to 1 for each text, in their order."""
        counts = Counter(texts)
        scores = {text: 0.0 for text in counts if not text.strip()}
        self._report(done := sum(counts[text] for text in scores))
        asked = [text for text in counts if text not in scores]
        # closed at once when the caller's progress is interrupted, so that nothing goes on behind its back
        with closing(self._ask(asked)) as answers:
            for text, score in answers:
                scores[text] = score
                self._report(done := done + counts[text])
        return [scores[text] for text in texts]

    @abstractmethod
    def _ask(self, texts: list[str]) -> Generator[tuple[str, float], None, None]:
        """Each of these texts, all different and none blank, with its score, in any order."""

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """Let go of what the scorer holds."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _report(self, done: int) -> None:
        if self._progress is not None:
            self._progress(done)
