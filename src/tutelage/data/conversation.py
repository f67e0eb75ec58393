"""Conversations as prompts: messages become the one text that stands before the assistant's next answer."""

import os
from collections.abc import Sequence
from typing import Literal

from tutelage.schema import Record
from tutelage.schema.record import AnyText

ASSISTANT = "\n\nAssistant:"
"""What stands before an answer of the assistant in a dialogue written as one text, as in the HH data."""

HUMAN = "\n\nHuman:"


class Message(Record):
    """One turn of a conversation; a name or other extras of the sender's are not kept."""

    role: Literal["system", "user", "assistant"]
    content: AnyText


def prompt_of(messages: Sequence[Message]) -> str:
    """The text of a conversation up to the assistant's next answer.

    A single question, after system messages or not, is its plain text. A longer conversation is a dialogue of
    `Human:` and `Assistant:` turns that ends in `Assistant:`.

    Raises:
        ValueError: there is no message, or the last is the assistant's own.
    """
    if not messages or messages[-1].role == "assistant":
        raise ValueError("a prompt ends with a message of the user")
    instructions = [message.content for message in messages if message.role == "system"]
    turns = [message for message in messages if message.role != "system"]
    if len(turns) <= 1:
        return "\n\n".join([*instructions, *(turn.content for turn in turns)])
    names = {"user": HUMAN, "assistant": ASSISTANT}
    dialogue = "".join(f"{names[turn.role]} {turn.content}" for turn in turns) + ASSISTANT
    return ("\n\n".join(instructions) + dialogue).strip()


def common_prompt(chosen: str, rejected: str) -> tuple[str, str, str] | None:
    """Two dialogues that differ in the last answer only, as (prompt, answer, answer); else None."""
    prefix = os.path.commonprefix([chosen, rejected])  # noqa: RUF071  characters are meant, not folders
    end = prefix.rfind(ASSISTANT)
    if end < 0:
        return None
    end += len(ASSISTANT)
    return chosen[:end].strip(), chosen[end:].strip(), rejected[end:].strip()
