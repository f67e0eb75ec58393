"""Records in files: prompts, demonstrations, rankings, and documents for pretraining; in and out.

What is read, besides our own form: conversations (`messages`, or a list of messages where a text is expected),
pairs (`chosen`, `rejected`, with or without their `prompt`), and what `data.layouts` knows. Columns of no meaning here
are passed over. `read_*` give lists, `*_in` one record at a time, without holding the file.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from tutelage.data.conversation import Message, common_prompt, common_words, prompt_of
from tutelage.data.layouts import in_our_columns, message_text
from tutelage.data.reading import AS_WRITTEN, Reading
from tutelage.data.rows import Row, write_rows
from tutelage.schema import (
    Demonstration,
    Flags,
    InputError,
    LabeledAnswer,
    Prompt,
    Ranking,
    Rating,
    Record,
    Split,
    explain,
    nearest,
    suggestion,
)

R = TypeVar("R", bound=Record)
File = str | os.PathLike[str]

_ABOUT_PROMPTS = tuple(name for name in Prompt.model_fields if name != "text")


@dataclass(frozen=True)
class Document:
    """A text for pretraining."""

    text: str
    split: Split | None = None


def prompts_in(path: File, reading: Reading = AS_WRITTEN) -> Iterator[Prompt]:
    """Prompts from `{"prompt"}` and optionally use_case, user, kind, split; or from conversations.

    Raises:
        InputError: the file, or a row of it, is not that; told with file, line, field and remedy.
    """
    return reading.records(path, lambda row: _prompt_of(in_our_columns(row)))


def demonstrations_in(path: File, reading: Reading = AS_WRITTEN) -> Iterator[Demonstration]:
    """Demonstrations from `{"prompt", "completion"}` or `{"messages"}`, and optionally labeler.

    The last message of a conversation, the assistant's, is its completion.

    Raises:
        InputError: as for prompts; also for an empty completion.
    """
    return reading.records(path, lambda row: _demonstration(in_our_columns(row)))


def rankings_in(path: File, reading: Reading = AS_WRITTEN) -> Iterator[Ranking]:
    """Rankings from `{"prompt", "completions", "ranks"}`, or pairs `{"prompt", "chosen", "rejected"}`.

    In pairs without a prompt, both dialogues must share all but the last answer, as in the HH data.

    Raises:
        InputError: as for prompts; also for ranks that are no ranks.
    """
    return reading.records(path, lambda row: _ranking(in_our_columns(row)))


def read_prompts(path: File, reading: Reading = AS_WRITTEN) -> list[Prompt]:
    """As `prompts_in`, all of them."""
    return list(prompts_in(path, reading))


def read_demonstrations(path: File, reading: Reading = AS_WRITTEN) -> list[Demonstration]:
    """As `demonstrations_in`, all of them."""
    return list(demonstrations_in(path, reading))


def read_rankings(path: File, reading: Reading = AS_WRITTEN) -> list[Ranking]:
    """As `rankings_in`, all of them."""
    return list(rankings_in(path, reading))


def read_documents(path: File, reading: Reading = AS_WRITTEN) -> Iterator[Document]:
    """Documents from `{"text"}` and optionally split, one at a time.

    Raises:
        InputError: as for prompts.
    """
    return reading.records(path, _document)


def write_prompts(path: File, prompts: Iterable[Prompt]) -> None:
    """Write what `read_prompts` reads; the name's ending chooses JSON Lines (also .gz) or Parquet."""
    write_rows(path, (_prompt_columns(prompt) for prompt in prompts))


def write_demonstrations(path: File, demonstrations: Iterable[Demonstration]) -> None:
    """Write what `read_demonstrations` reads."""
    write_rows(path, (_columns(demonstration) for demonstration in demonstrations))


def write_rankings(path: File, rankings: Iterable[Ranking]) -> None:
    """Write what `read_rankings` reads."""
    write_rows(path, (_columns(ranking) for ranking in rankings))


def read_ratings(path: File, reading: Reading = AS_WRITTEN) -> list[Rating]:
    """Ratings from `{"prompt", "completion", "overall"}` and optionally the flags of Table 3, labeler, source.

    Raises:
        InputError: as for prompts; also for a mark that is not 1 to 7.
    """
    return list(reading.records(path, _rating))


def write_ratings(path: File, ratings: Iterable[Rating]) -> None:
    """Write what `read_ratings` reads."""
    write_rows(path, (_rating_columns(rating) for rating in ratings))


def answers_in(path: File, reading: Reading = AS_WRITTEN, *, label: str) -> Iterator[LabeledAnswer]:
    """Labelled answers from `{"question", "answer", LABEL}`, the label true or false, or 1 or 0.

    Raises:
        InputError: as for prompts; also for a label that is neither yes nor no.
    """
    return reading.records(path, partial(_labeled_answer, label=label))


def read_answers(path: File, label: str, reading: Reading = AS_WRITTEN) -> list[LabeledAnswer]:
    """As `answers_in`, all of them."""
    return list(answers_in(path, reading, label=label))


def _labeled_answer(row: Row, label: str) -> LabeledAnswer:
    return _made(
        row,
        LabeledAnswer,
        prompt=_prompt(row, _question(row)),
        answer=_answer(row, "answer"),
        label=_yes_or_no(row, label),
    )


def _document(row: Row) -> Document:
    text = _field(row, "text")
    if not isinstance(text, str):
        raise InputError("not a text", f"{row.where}: text", "give one string")
    return Document(text, _split(row))


def _prompt_of(row: Row) -> Prompt:
    return _prompt(row, _prompt_text(row))


def _question(row: Row) -> str:
    value = _field(row, "question")
    if not isinstance(value, str):
        raise InputError("not a text", f"{row.where}: question", "give one string")
    return value


def _yes_or_no(row: Row, name: str) -> bool:
    known = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
    value = _field(row, name)
    value = value.lower() if isinstance(value, str) else value
    if not isinstance(value, str | int | float) or value not in known:
        raise InputError(
            f"{value!r} is neither true nor false", f"{row.where}: {name}", "write true or false"
        )
    return known[value]


def _rating(row: Row) -> Rating:
    prompt = _prompt(row, _prompt_text(row))
    flags = _made(row, Flags, **_given(row, *Flags.model_fields))
    asked = {"completion": _answer(row, "completion"), "overall": _field(row, "overall"), "flags": flags}
    return _made(row, Rating, prompt=prompt, **asked, **_given(row, "labeler", "source"))


def _demonstration(row: Row) -> Demonstration:
    _refuse_unpaired(row)
    if "messages" in row.fields and "completion" not in row.fields:
        *before, last = _messages(row, "messages")
        if last.role != "assistant":
            raise InputError(
                f"the last message is the {last.role}'s",
                f"{row.where}: messages",
                "end with the assistant's, the demonstration",
            )
        text, completion = _prompt_from(row, "messages", before), last.content
    else:
        text, completion = _prompt_text(row), _answer(row, "completion")
    prompt = _prompt(row, text)
    return _made(row, Demonstration, prompt=prompt, completion=completion, **_given(row, "labeler"))


def _refuse_unpaired(row: Row) -> None:
    """Raises InputError for single answers marked good or bad: neither to be imitated all, nor compared."""
    if "completion" in row.fields and isinstance(row.fields.get("label"), bool):
        raise InputError(
            "an answer that is marked good or bad by itself is neither a demonstration nor a comparison",
            f"{row.where}: label",
            "give the good ones without `label` as demonstrations, or pairs `chosen`, `rejected` of one prompt",
        )


def _ranking(row: Row) -> Ranking:
    _refuse_unpaired(row)
    if "chosen" in row.fields or "rejected" in row.fields:
        text, completions = _pair(row)
        ranks: Any = (1, 2)
    else:
        text, completions, ranks = _prompt_text(row), _field(row, "completions"), _field(row, "ranks")
    return _made(
        row,
        Ranking,
        prompt=_prompt(row, text),
        completions=completions,
        ranks=ranks,
        **_given(row, "labeler", "sources"),
    )


def _pair(row: Row) -> tuple[str, tuple[str, str]]:
    """The prompt of a pair and its completions, the better one first."""
    chosen, rejected = _field(row, "chosen"), _field(row, "rejected")
    if isinstance(chosen, list) and isinstance(rejected, list) and len(chosen) > 1 < len(rejected):
        # whole dialogues; a prompt beside them may be their first question only
        *before, better = _messages(row, "chosen")
        *others, worse = _messages(row, "rejected")
        if before == others and better.role == worse.role == "assistant":
            return _prompt_from(row, "chosen", before), (better.content, worse.content)
    elif "prompt" in row.fields or "messages" in row.fields:
        return _prompt_text(row), (_answer(row, "chosen"), _answer(row, "rejected"))
    elif isinstance(chosen, str) and isinstance(rejected, str):
        nothing_else = not set(row.fields) - {"chosen", "rejected", "labeler", "sources", *_ABOUT_PROMPTS}
        shared = common_prompt(chosen, rejected) or (common_words(chosen, rejected) if nothing_else else None)
        if shared is not None:
            prompt, better_text, worse_text = shared
            return prompt, (better_text, worse_text)
    raise InputError(
        "missing, and the pair shares no dialogue up to a last answer of the assistant's",
        f"{row.where}: prompt",
        "add the prompt",
    )


def _prompt_text(row: Row) -> str:
    """The prompt's text from the column `prompt`, a text or a conversation, or from `messages`."""
    name = "messages" if "messages" in row.fields and "prompt" not in row.fields else "prompt"
    if name == "prompt" and isinstance(_field(row, "prompt"), str):
        text: str = row.fields["prompt"]
        return text
    return _prompt_from(row, name, _messages(row, name))


def _answer(row: Row, name: str) -> Any:
    """A completion's column: a text, a message, or a list of that one message."""
    value = message_text(_field(row, name))
    if not isinstance(value, list):
        return value
    messages = _messages(row, name)
    if len(messages) > 1:
        raise InputError(
            f"{len(messages)} messages, where one answer is meant",
            f"{row.where}: {name}",
            "give the last one alone, and what comes before it in the prompt",
        )
    return messages[0].content


def _prompt_from(row: Row, name: str, messages: list[Message]) -> str:
    try:
        return prompt_of(messages)
    except ValueError as error:
        raise InputError(str(error), f"{row.where}: {name}") from error


def _messages(row: Row, name: str) -> list[Message]:
    place = f"{row.where}: {name}"
    value = _field(row, name)
    if not isinstance(value, list) or not value:
        raise InputError("neither a text nor messages", place, 'give [{"role": "user", "content": "…"}, …]')
    messages = []
    for number, item in enumerate(value):
        if not isinstance(item, Mapping):
            raise InputError("not a message", f"{place}.{number}", 'give {"role": "user", "content": "…"}')
        known = {key: item[key] for key in Message.model_fields if key in item}
        messages.append(_made(Row(f"{place}.{number}", item), Message, **known))
    return messages


def _prompt(row: Row, text: str) -> Prompt:
    try:
        return Prompt(text=text, **_given(row, *_ABOUT_PROMPTS))
    except ValidationError as error:
        refusal = explain(error, Prompt, row.where)
        # the record's `text` is the column `prompt`
        column = f"{row.where}: prompt" if refusal.where == f"{row.where}: text" else refusal.where
        raise InputError(refusal.what, column, refusal.remedy) from None


def _made(row: Row, kind: type[R], **fields: Any) -> R:
    try:
        return kind(**fields)
    except ValidationError as error:
        raise explain(error, kind, row.where) from None


def _field(row: Row, name: str) -> Any:
    value = row.fields.get(name)
    if value is None:
        near = nearest(name, (other for other in row.fields if other != name))
        raise InputError("missing", f"{row.where}: {name}", f"rename {near!r}?" if near else "add the field")
    return value


def _given(row: Row, *names: str) -> dict[str, Any]:
    """The optional columns that the row has; a null is as good as none."""
    return {name: row.fields[name] for name in names if row.fields.get(name) is not None}


def _split(row: Row) -> Split | None:
    value = row.fields.get("split")
    try:
        return None if value is None else Split(value)
    except ValueError:
        raise InputError(
            f"{value!r} is not a known value", f"{row.where}: split", suggestion(str(value), list(Split))
        ) from None


def _prompt_columns(prompt: Prompt) -> dict[str, Any]:
    columns = prompt.model_dump(mode="json", exclude_none=True)
    return {"prompt": columns.pop("text"), **columns}


def _rating_columns(rating: Rating) -> dict[str, Any]:
    columns = _columns(rating)
    return {**columns, **columns.pop("flags")}


def _columns(record: Demonstration | Ranking | Rating) -> dict[str, Any]:
    own = record.model_dump(mode="json", exclude={"prompt"}, exclude_none=True)
    prompt = _prompt_columns(record.prompt)
    return {"prompt": prompt.pop("prompt"), **own, **prompt}
