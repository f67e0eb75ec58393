"""Rankings to and from other labeling tools: files, prompts and ranks, as far as tools have them in common.

A tool shows a prompt and its completions as fields with names of the user's. What it has no place for, a
prompt's split or a completion's source, travels under the key `tutelage` and is read back from there.
"""

import json
import os
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tutelage.data.conversation import Message, prompt_of
from tutelage.data.rows import Row, read_rows, write_rows
from tutelage.schema import InputError, Prompt, Ranking, explain
from tutelage.store import write_atomically

OURS = "tutelage"
PROMPT_NAMES = ("prompt", "instruction", "question", "text")
SUFFIXES = (".json", ".jsonl", ".jsonl.gz")

_ABOUT_PROMPTS = tuple(name for name in Prompt.model_fields if name != "text")


@dataclass(frozen=True)
class Exchanged:
    """The rankings of another tool's file, and how many of its answers were passed over, as drafts are."""

    rankings: list[Ranking]
    passed_over: int


def read_records(path: str | os.PathLike[str]) -> Iterator[Row]:
    """A tool's records from one JSON array (.json) or from JSON Lines.

    Raises:
        InputError: no such file, another format, or something else than JSON objects.
    """
    name = os.fspath(path)
    if os.path.isfile(name) and name.endswith(".json"):
        return _array_rows(name)
    if os.path.isfile(name) and not name.endswith(SUFFIXES):
        raise InputError("not a known format", name, f"give a file that ends in {', '.join(SUFFIXES)}")
    return read_rows(name)


def write_records(path: str | os.PathLike[str], records: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON array or JSON Lines, as the name's ending says, atomically.

    Raises:
        InputError: the ending is of no known format, or the name is a folder's.
    """
    name = os.fspath(path)
    if not name.endswith(SUFFIXES):
        raise InputError("not a known format", name, f"choose a name that ends in {', '.join(SUFFIXES)}")
    if os.path.isdir(name):
        raise InputError("this is a folder, not a file", name, "name a file")
    if name.endswith(".json"):
        write_atomically(name, json.dumps(list(records), ensure_ascii=False, indent=1) + "\n")
    else:
        write_rows(name, records)


def group_rankings(rankings: Iterable[Ranking]) -> list[list[Ranking]]:
    """Rankings of the same completions together; no labeler twice, since tools take one answer of each."""
    groups: dict[Hashable, list[Ranking]] = {}
    repetitions: Counter[Hashable] = Counter()
    for ranking in rankings:
        shown = (ranking.prompt, ranking.completions, ranking.sources)
        repetitions[shown, ranking.labeler] += 1
        groups.setdefault((shown, repetitions[shown, ranking.labeler]), []).append(ranking)
    return list(groups.values())


def carry_along(ranking: Ranking, names: Sequence[str]) -> dict[str, Any]:
    """What of a ranking the tools have no place for; `names` are those of its completions in the record."""
    carried = ranking.prompt.model_dump(mode="json", exclude={"text"}, exclude_none=True)
    if ranking.sources is not None:
        carried["sources"] = dict(zip(names, ranking.sources, strict=True))
    return carried


def carried_in(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """What `carry_along` put into a record that we wrote; nothing where the tool's users wrote it."""
    carried = fields.get(OURS)
    return carried if isinstance(carried, Mapping) else {}


def find_prompt(where: str, fields: Mapping[str, Any], carried: Mapping[str, Any]) -> Prompt:
    """The prompt among the fields that are no completions: by its name, or because it is the only text.

    Raises:
        InputError: none or several could be it, or what it holds is no prompt.
    """
    texts = [name for name, value in fields.items() if isinstance(value, str) or _is_conversation(value)]
    names = [name for name in texts if name in PROMPT_NAMES] or texts
    if len(names) != 1:
        found = ", ".join(names) or "none"
        raise InputError(
            f"which field is the prompt is unclear, found are: {found}", where, "name one of them 'prompt'"
        )
    value, place = fields[names[0]], f"{where}.{names[0]}"
    text = value if isinstance(value, str) else _conversation_text(place, value)
    try:
        return Prompt(text=text, **{name: carried[name] for name in _ABOUT_PROMPTS if name in carried})
    except ValidationError as error:
        refusal = explain(error, Prompt, where)
        # the record's `text` is the field that was found
        raise InputError(
            refusal.what, place if refusal.where == f"{where}: text" else refusal.where, refusal.remedy
        ) from None


def make_ranking(
    where: str,
    prompt: Prompt,
    completions: Mapping[str, str],
    numbers: Sequence[int],
    labeler: str | None,
    carried: Mapping[str, Any],
) -> Ranking:
    """A ranking of the completions, which come by their names in the record, with a number each, 1 = best.

    Raises:
        InputError: they make no ranking.
    """
    named = carried.get("sources")
    if isinstance(named, Mapping) and set(completions) <= set(named):
        sources = tuple(named[name] for name in completions)
    else:
        sources = None
    try:
        return Ranking(
            prompt=prompt,
            completions=tuple(completions.values()),
            ranks=as_ranks(numbers),
            labeler=labeler,
            sources=sources,
        )
    except ValidationError as error:
        raise explain(error, Ranking, where) from None


def as_ranks(numbers: Sequence[int]) -> tuple[int, ...]:
    """Ranks in the order of the numbers: as given if tied places are skipped (1, 2, 2, 4), else without gaps.

    Tools let people leave places empty (1, 1, 4), which says no more than the order.
    """
    skipping = tuple(1 + sum(other < number for other in numbers) for number in numbers)
    places = sorted(set(numbers))
    return skipping if skipping == tuple(numbers) else tuple(1 + places.index(number) for number in numbers)


def _array_rows(name: str) -> Iterator[Row]:
    try:
        value = json.loads(Path(name).read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start + 1}", name, "save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        raise InputError(
            f"not JSON at column {error.colno}: {error.msg}",
            f"{name}:{error.lineno}",
            "export it again, or name JSON Lines .jsonl",
        ) from error
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, brackets nested as deep
        raise InputError(
            f"not usable as JSON: {error}", name, "write numbers and nesting of ordinary size"
        ) from error
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        value = value["items"]  # a page of Argilla's REST interface
    if not isinstance(value, list):
        raise InputError("not a JSON array", name, "write [{…}, …], as the tool exports it")
    for number, fields in enumerate(value, start=1):
        if not isinstance(fields, dict):
            raise InputError("not a JSON object", f"{name}: row {number}", 'write {"field": value, …}')
        yield Row(f"{name}: row {number}", fields)


def _is_conversation(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 0
        and all(isinstance(item, Mapping) and {"role", "content"} <= set(item) for item in value)
    )


def _conversation_text(place: str, value: list[Mapping[str, Any]]) -> str:
    try:
        return prompt_of([Message(role=item["role"], content=item["content"]) for item in value])
    except ValidationError as error:
        raise explain(error, Message, place) from None
    except ValueError as error:
        raise InputError(str(error), place) from error
