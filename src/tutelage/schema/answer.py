"""Answers to a prompt: demonstrations that people wrote and completions that models sampled."""

from functools import cached_property
from typing import Literal

from pydantic import Field

from tutelage.schema.prompt import Prompt
from tutelage.schema.record import AnyText, Record, Text, short_hash


class Demonstration(Record):
    """The wanted answer to a prompt, written by a labeler (step 1). Never blank."""

    prompt: Prompt
    completion: Text
    labeler: AnyText | None = None


class Completion(Record):
    """One output of a model. May be empty: models do end at once.

    `finish_reason` is "stop" when the model ended by itself, "length" when it was cut, None when unknown.
    """

    prompt: Prompt
    text: AnyText
    source: Text
    temperature: float = Field(default=1.0, ge=0)
    finish_reason: Literal["stop", "length"] | None = None

    @cached_property
    def id(self) -> str:
        """16 hex characters that depend on the prompt's text, the source and the text."""
        return short_hash(self.prompt.id, self.source, self.text)
