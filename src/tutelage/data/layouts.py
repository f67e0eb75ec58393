"""The layouts in which other tools and data sets keep demonstrations, pairs and rankings, found by their columns.

What is written the usual way is brought into our columns: ShareGPT's `conversations`, OpenRLHF's `input`, `output` and
`context_messages`, Alpaca's and Dolly's `instruction` with what belongs to it, UltraFeedback's rated `completions`.
A column of ours that is there stays as it is. docs/ecosystem.md has them all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tutelage.data.rows import Row
from tutelage.schema import InputError

SHAREGPT = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "assistant": "assistant",
    "system": "system",
}
"""Who speaks in ShareGPT's `from`."""

TEXTS = ("response", "text", "completion", "content")
SCORES = ("overall_score", "rating", "score")
"""Under which name a rated completion has its text, and its mark; the higher the better."""


def in_our_columns(row: Row) -> Row:
    """The row with `messages`, or `prompt` and `completion`, or `completions` with `ranks`; nulls are left out.

    Raises:
        InputError: the layout is known, and something in it is not as it should be.
    """
    given = {name: value for name, value in row.fields.items() if value is not None}
    ours = dict(given)
    if "messages" not in given and "conversations" in given:
        ours["messages"] = _turns(row.where, given)
    if not {"prompt", "messages"} & set(ours):
        if "instruction" in given:
            ours["prompt"] = _instruction(row.where, given)
        elif "context_messages" in given or "input" in given:
            ours["prompt"] = given.get("context_messages", given.get("input"))
    if not {"completion", "completions"} & set(given):
        answer = given.get("output", given.get("response") if "instruction" in given else None)
        if answer is not None:
            ours["completion"] = answer
    if "ranks" not in given:
        ours.update(_rated(row.where, given))
    return Row(row.where, ours)


def message_text(value: object) -> object:
    """The text of a single message, `{"role", "content"}` or `{"from", "value"}`; anything else as it is."""
    if isinstance(value, Mapping):
        return value.get("content", value.get("value", value))
    return value


def _turns(where: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """ShareGPT's turns as messages, after the instructions of the column `system`."""
    place, turns = f"{where}: conversations", given["conversations"]
    if not isinstance(turns, list) or not turns:
        raise InputError("no turns", place, 'give [{"from": "human", "value": "…"}, …]')
    messages = [{"role": "system", "content": text} for text in _texts(given, "system")]
    for number, turn in enumerate(turns):
        if not isinstance(turn, Mapping) or not {"from", "value"} <= set(turn) | _renamed(turn):
            raise InputError("not a turn", f"{place}.{number}", 'give {"from": "human", "value": "…"}')
        speaker = turn.get("from", turn.get("role"))
        if speaker not in SHAREGPT:
            known = ", ".join(SHAREGPT)
            raise InputError(
                f"{speaker!r} is not a known speaker", f"{place}.{number}: from", f"known are {known}"
            )
        messages.append({"role": SHAREGPT[speaker], "content": turn.get("value", turn.get("content"))})
    return messages


def _renamed(turn: Mapping[str, Any]) -> set[str]:
    """ShareGPT's keys that a turn has as `role` and `content`, as some give them under `conversations`."""
    return {old for old, new in (("from", "role"), ("value", "content")) if new in turn}


def _instruction(where: str, given: Mapping[str, Any]) -> Any:
    """Alpaca's or Dolly's prompt: the instruction and, after a blank line, what it is about; or a conversation."""
    about = _texts(given, "input") or _texts(given, "context")
    asked = "\n\n".join([str(given["instruction"]), *about])
    system, history = _texts(given, "system"), given.get("history") or []
    if not system and not history:
        return asked
    messages = [{"role": "system", "content": text} for text in system]
    for number, turns in enumerate(history):
        if not isinstance(turns, Sequence) or isinstance(turns, str) or len(turns) != 2:
            raise InputError("not a turn", f"{where}: history.{number}", 'give ["question", "answer"]')
        messages += [{"role": "user", "content": turns[0]}, {"role": "assistant", "content": turns[1]}]
    return [*messages, {"role": "user", "content": asked}]


def _texts(given: Mapping[str, Any], name: str) -> list[str]:
    """A column's text where it is one that says something, as a list of at most one."""
    value = given.get(name)
    return [value] if isinstance(value, str) and value.strip() else []


def _rated(where: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Completions and ranks from marks: within objects, as UltraFeedback has them, or in `ratings` or `scores`."""
    marks = given.get("ratings", given.get("scores"))
    name = "completions" if "completions" in given else "generations"
    completions = given.get(name)
    if not isinstance(completions, list) or not completions:
        return {}
    if all(isinstance(each, Mapping) for each in completions):
        texts = [_first(each, TEXTS, f"{where}: {name}.{number}") for number, each in enumerate(completions)]
        marks = [_first(each, SCORES, f"{where}: {name}.{number}") for number, each in enumerate(completions)]
        models = [each.get("model") for each in completions]
        named = {"sources": models} if all(isinstance(model, str) for model in models) else {}
        return {"completions": texts, "ranks": _ranks(marks, f"{where}: {name}"), **named}
    if isinstance(marks, list):
        column = "ratings" if "ratings" in given else "scores"
        return {"completions": completions, "ranks": _ranks(marks, f"{where}: {column}")}
    return {}


def _first(rated: Mapping[str, Any], names: Sequence[str], where: str) -> Any:
    found = next((rated[name] for name in names if rated.get(name) is not None), None)
    if found is None:
        raise InputError(f"has none of {', '.join(names)}", where, "add it, or leave the completion out")
    return found


def _ranks(marks: Sequence[Any], where: str) -> list[int]:
    """1 for the highest mark, equal marks a tie, tied places skipped."""
    numbers = []
    for mark in marks:
        try:
            numbers.append(float(mark))
        except (TypeError, ValueError):
            raise InputError(f"{mark!r} is no number", where, "leave the completion out") from None
    if any(number != number for number in numbers):
        raise InputError("a mark is not a number", where, "leave the completion out")
    return [1 + sum(other > number for other in numbers) for number in numbers]
