"""Between records and rows: which columns hold which fields, and the key that tells two records apart."""

import hashlib
from collections.abc import Mapping
from typing import Any

from tutelage.schema import Completion, Demonstration, Flags, Prompt, Ranking, Rating, Record

Judgment = Demonstration | Completion | Ranking | Rating


def key_of(record: Record) -> str:
    """32 hex characters that depend on all of a record's fields."""
    return hashlib.sha256(record.model_dump_json().encode()).hexdigest()[:32]


def key_of_parts(*parts: object) -> str:
    """32 hex characters that depend on all parts and their borders."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def content_row(prompt: Prompt) -> dict[str, Any]:
    """A prompt as a row of `contents`."""
    return {"key": key_of(prompt), "prompt_id": prompt.id, **prompt.model_dump()}


def judgment_row(record: Judgment) -> dict[str, Any]:
    """The columns of a judgment that are its own: without its prompt, its batch and its key."""
    row = record.model_dump(exclude={"prompt"})
    return {**row, **row.pop("flags")} if isinstance(record, Rating) else row


def prompt_of(content: Mapping[str, Any]) -> Prompt:
    """The prompt that a row of `contents` holds."""
    return Prompt(**{name: content[name] for name in Prompt.model_fields})


def demonstration_of(prompt: Prompt, row: Mapping[str, Any]) -> Demonstration:
    return Demonstration(prompt=prompt, completion=row["completion"], labeler=row["labeler"])


def completion_of(prompt: Prompt, row: Mapping[str, Any]) -> Completion:
    return Completion(
        prompt=prompt,
        text=row["text"],
        source=row["source"],
        temperature=row["temperature"],
        finish_reason=row["finish_reason"],
    )


def ranking_of(prompt: Prompt, row: Mapping[str, Any]) -> Ranking:
    return Ranking(
        prompt=prompt,
        completions=row["completions"],
        ranks=row["ranks"],
        labeler=row["labeler"],
        sources=row["sources"],
    )


def rating_of(prompt: Prompt, row: Mapping[str, Any]) -> Rating:
    return Rating(
        prompt=prompt,
        completion=row["completion"],
        source=row["source"],
        overall=row["overall"],
        flags=Flags(**{name: row[name] for name in Flags.model_fields}),
        labeler=row["labeler"],
    )
