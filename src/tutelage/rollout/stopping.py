"""What ends a completion: tokens, and texts that are found while its tokens are being drawn."""

from collections.abc import Sequence

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from tutelage.data.template import ChatTemplate, Template

UNFINISHED = "\ufffd"
"""What decoding gives for the bytes of a character that is not complete yet."""


def end_of_text(model: PreTrainedModel) -> frozenset[int]:
    """The token ids that end a completion by the model's own settings; some families have several."""
    settings = model.generation_config if model.can_generate() else model.config
    ids = settings.eos_token_id
    return frozenset([ids] if isinstance(ids, int) else ids or ())


class StopStrings:
    """Whether and where a completion reaches one of some texts."""

    def __init__(
        self, strings: Sequence[str], tokenizer: PreTrainedTokenizerBase, template: Template | ChatTemplate
    ) -> None:
        self.strings = [text for text in strings if text]
        self.tokenizer = tokenizer
        self.template = template
        self.last_characters = {text[-1] for text in self.strings}
        # a character can take four byte tokens; some more, for what a decoder strips from a text's beginning
        self.window = 4 * max(map(len, self.strings), default=0) + 8
        self.can_end: dict[int, bool] = {}

    def decode(self, tokens: list[int]) -> str:
        """The text of these tokens, special ones left out."""
        return self.template.decode_completion(self.tokenizer, tokens)

    def reached(self, tokens: list[int]) -> bool:
        """Whether the newest of these completion tokens completes a stop string."""
        if not self.strings or not self._can_end(tokens[-1]):
            return False
        recent = self.decode(tokens[-self.window :])
        return any(text in recent for text in self.strings)

    def cut(self, text: str) -> str:
        """The text before the first stop string."""
        return text[: min((place for place in map(text.find, self.strings) if place >= 0), default=len(text))]

    def certain(self, text: str) -> str:
        """The beginning of an unfinished text that no further token can change or cut off."""
        end = len(text.rstrip(UNFINISHED))
        for stop in self.strings:
            for size in range(1, len(stop)):
                if text.endswith(stop[:size]):
                    end = min(end, len(text) - size)
        return text[:end]

    def _can_end(self, token: int) -> bool:
        """Whether a stop string may end with this token: decoding all rows at every step costs more than drawing."""
        if token not in self.can_end:
            text = self.decode([token])
            # alone, a token may lose the space that it begins with, or be part of a character
            found = not text.isascii() or text != text.strip() or not text
            self.can_end[token] = found or any(
                last in text or last.isspace() for last in self.last_characters
            )
        return self.can_end[token]
