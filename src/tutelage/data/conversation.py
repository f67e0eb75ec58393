"""Conversations as prompts: messages become the one text that stands before the assistant's next answer."""

import os
import re
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


def messages_of(prompt: str) -> list[Message]:
    """The conversation that a prompt is: a dialogue's turns, after its instructions; else one message of the user's."""
    first, *turns = re.split(f"{HUMAN}|({ASSISTANT})", "\n\n" + prompt)
    speakers, texts = turns[::2], [text.strip() for text in turns[1::2]]
    roles: list[Literal["user", "assistant"]] = ["assistant" if speaker else "user" for speaker in speakers]
    if roles[-2:] != ["user", "assistant"] or texts[-1]:
        return [Message(role="user", content=prompt)]
    messages = [Message(role=role, content=text) for role, text in zip(roles[:-1], texts[:-1], strict=True)]
    instructions = first.strip()
    return [*([Message(role="system", content=instructions)] if instructions else []), *messages]


def common_prompt(chosen: str, rejected: str) -> tuple[str, str, str] | None:
    """Two dialogues that differ in the last answer only, as (prompt, answer, answer); else None."""
    end = _common(chosen, rejected).rfind(ASSISTANT)
    if end < 0:
        return None
    end += len(ASSISTANT)
    answers = chosen[end:], rejected[end:]
    if any(HUMAN in answer for answer in answers):
        return None  # they part before the last answer
    return chosen[:end].strip(), answers[0].strip(), answers[1].strip()


def common_words(chosen: str, rejected: str) -> tuple[str, str, str] | None:
    """Two texts that begin with the same words, as (those words, the rest, the rest), as TRL reads such pairs; or None.

    White space between prompt and answers is not kept.
    """
    if HUMAN in chosen or HUMAN in rejected:
        return None
    shared = _common(chosen, rejected)
    prompt = shared[: max(map(shared.rfind, (" ", "\n")), default=-1) + 1]
    if not prompt.strip():
        return None
    return prompt.strip(), chosen[len(prompt) :].strip(), rejected[len(prompt) :].strip()


def _common(one: str, other: str) -> str:
    """What two texts begin with alike."""
    return os.path.commonprefix([one, other])  # noqa: RUF071  characters are meant, not folders
