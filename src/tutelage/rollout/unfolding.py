"""The text of a completion while its tokens are drawn: piece by piece, together what decoding the whole gives."""

from collections.abc import Set

from tutelage.rollout.generation import FinishReason
from tutelage.rollout.stopping import UNFINISHED, StopStrings

LONGEST = 8
"""Tokens that are decoded together, unless they have no text."""


class Unfolding:
    """One completion. No piece is ever taken back: what a later token may change or cut off waits."""

    def __init__(self, stops: StopStrings, stop_ids: Set[int], max_new_tokens: int) -> None:
        self.stops = stops
        self.stop_ids = stop_ids
        self.max_new_tokens = max_new_tokens
        self.tokens: list[int] = []
        self.told = 0  # characters
        self._text = ""  # of the tokens before `_read`, or all of them
        self._start, self._read = 0, 0
        self._recent = ""  # of the tokens from `_start` to `_read`

    def take(self, token: int) -> tuple[str, FinishReason | None]:
        """Take a token; returns the text that became certain with it, and why it was the last one, if it was.

        After the last token all the text that is left is certain.
        """
        self.tokens.append(token)
        if token in self.stop_ids or self.stops.reached(self.tokens):
            return self._tell(self.text), "stop"
        if len(self.tokens) == self.max_new_tokens:
            return self._tell(self.text), "length"
        return self._tell(self.stops.certain(self._decode_on())), None

    @property
    def text(self) -> str:
        """All of it, cut before a stop string."""
        return self.stops.cut(self.stops.decode(self.tokens))

    def _tell(self, text: str) -> str:
        piece = text[self.told :]
        self.told += len(piece)
        return piece

    def _decode_on(self) -> str:
        """The text so far. To decode all tokens at every token would take a long completion's square in time.

        New tokens are decoded behind some old ones, for a token's text may depend on the one before.
        """
        recent = self.stops.decode(self.tokens[self._start :])
        new = recent[len(self._recent) :]
        if not new or recent.endswith(UNFINISHED):
            return self._text + new
        self._text, self._recent = self._text + new, recent
        if len(self.tokens) - self._start > LONGEST:
            self._start = self._read
            self._recent = self.stops.decode(self.tokens[self._start :])
        self._read = len(self.tokens)
        return self._text
