"""Rankings to and from Argilla: records with a prompt, completions, and answers to a RankingQuestion.

Read are the records of Argilla's REST interface and of its version 1 (`responses` by user), and those of
version 2's `to_list`, nested and flat. Only the first two tell all: the Python client of version 2 leaves the
ranks out of what it exports (argilla-io/argilla#5712) and gives the completions in the question's order,
whatever people answered. Such answers are refused. With their ranks they come from here, a page of at most
1000 records at a time:

    records = client.api.records.list(dataset.id, offset=0, limit=1000)
    json.dump([record.model_dump(mode="json") for record in records], file)

Written is what version 2's `dataset.records.from_json` takes (so name the file .json), for these settings:

    rg.Settings(
        fields=[rg.TextField("prompt"), *(rg.TextField(f"completion-{n}") for n in (1, 2, 3, 4))],
        questions=[rg.RankingQuestion("ranking", values=[f"completion-{n}" for n in (1, 2, 3, 4)])],
    )

One data set of Argilla's ranks one number of completions. Its users are UUIDs, and must be there before their
answers: a labeler who is none gets one that the name always gives again, and the record keeps the name.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from tutelage.data.exchange import (
    OURS,
    Exchanged,
    carried_in,
    carry_along,
    find_prompt,
    group_rankings,
    make_ranking,
    read_records,
    write_records,
)
from tutelage.data.rows import Row
from tutelage.schema import InputError, Ranking

QUESTION = "ranking"
NOBODY = str(UUID(int=0))
"""The user of a ranking that tells no labeler; Argilla wants one."""

_UNFINISHED = ("draft", "discarded")
_OF_THE_RECORD = ("id", "status", "_server_id", "score", OURS)


@dataclass(frozen=True)
class _Record:
    """A record in one form, whichever it came in."""

    where: str
    fields: Mapping[str, Any]
    carried: Mapping[str, Any]
    answers: list["_Answer"]


@dataclass(frozen=True)
class _Answer:
    """One user's answer to one question."""

    where: str
    question: str
    user: str | None
    status: str | None
    value: Any


def read_rankings(path: str | os.PathLike[str]) -> Exchanged:
    """The submitted answers as rankings, with users as labelers; drafts and discarded ones are passed over.

    Suggestions are a model's, not a person's, and are not read.

    Raises:
        InputError: the file, or a record of it, is not that; told with file, line or row, field and remedy.
    """
    rankings: list[Ranking] = []
    passed_over = 0
    for row in read_records(path):
        record = _record_of(row)
        finished = [answer for answer in record.answers if answer.status not in _UNFINISHED]
        rankings += _rankings(record, finished)
        passed_over += len({answer.user for answer in record.answers} - {answer.user for answer in finished})
    return Exchanged(rankings, passed_over)


def write_rankings(path: str | os.PathLike[str], rankings: Iterable[Ranking]) -> None:
    """Write one record for each prompt and its completions, with an answer of each labeler."""
    write_records(path, (_written(group) for group in group_rankings(rankings)))


def _record_of(row: Row) -> _Record:
    fields = row.fields.get("fields")
    if isinstance(fields, Mapping):
        answers = _answers(row.where, row.fields.get("responses"))
        metadata = row.fields.get("metadata")
        carried = carried_in(metadata) if isinstance(metadata, Mapping) else {}
        return _Record(f"{row.where}: fields", fields, carried, list(answers))
    if not any(name.endswith(".responses") for name in row.fields):
        raise InputError("missing", f"{row.where}: fields", "give the records as Argilla exports them")
    shown = {
        name: value for name, value in row.fields.items() if name not in _OF_THE_RECORD and "." not in name
    }
    return _Record(row.where, shown, carried_in(row.fields), list(_flat_answers(row)))


def _answers(where: str, responses: object) -> Iterator[_Answer]:
    """Answers by question (version 2's `to_list`) or by user (the REST interface, and version 1)."""
    if isinstance(responses, Mapping):
        for question, given in responses.items():
            for number, response in enumerate(_list(given, f"{where}: responses.{question}")):
                place = f"{where}: responses.{question}.{number}"
                known = _object(response, place)
                yield _Answer(place, question, _user(known), known.get("status"), known.get("value"))
        return
    for number, response in enumerate(_list(responses, f"{where}: responses")):
        place = f"{where}: responses.{number}"
        known = _object(response, place)
        # a discarded response may hold no values at all
        values = _object(known.get("values") or {}, f"{place}.values")
        if not values:
            yield _Answer(place, "", _user(known), known.get("status"), None)
        for question, value in values.items():
            inner = f"{place}.values.{question}"
            given = _object(value, inner).get("value")
            yield _Answer(inner, question, _user(known), known.get("status"), given)


def _flat_answers(row: Row) -> Iterator[_Answer]:
    """Answers in columns, `question.responses` beside `question.responses.users` and `.status`."""
    for name in (name for name in row.fields if name.endswith(".responses")):
        place = f"{row.where}: {name}"
        values = _list(row.fields[name], place)
        users, states = (
            _list(row.fields.get(f"{name}.{part}"), f"{place}.{part}") for part in ("users", "status")
        )
        for part, given in (("users", users), ("status", states)):
            if given and len(given) != len(values):
                raise InputError(
                    f"{len(given)} for {len(values)} responses", f"{place}.{part}", "give one to each of them"
                )
        for number, value in enumerate(values):
            user = _user({"user_id": users[number]} if users else {})
            status = states[number] if states else None
            yield _Answer(f"{place}.{number}", name.removesuffix(".responses"), user, status, value)


def _rankings(record: _Record, answers: Sequence[_Answer]) -> Iterator[Ranking]:
    ranked = [answer for answer in answers if _has_ranks(answer.value)]
    questions = list(dict.fromkeys(answer.question for answer in ranked))
    if len(questions) > 1:
        raise InputError(
            f"answers to {len(questions)} ranking questions: {', '.join(questions)}",
            record.where,
            "keep those to one of them",
        )
    for answer in answers:
        if answer not in ranked and _are_completions(answer.value, record.fields):
            raise InputError(
                "no ranks: Argilla's Python client left them out, and the order is not the labeler's",
                answer.where,
                "export them by client.api.records.list or the REST interface",
            )
    for answer in ranked:
        names = _completion_names(record, answer)
        others = {name: value for name, value in record.fields.items() if name not in names}
        yield make_ranking(
            answer.where,
            find_prompt(record.where, others, record.carried),
            {name: _text(record, name) for name in names},
            [_rank(answer, number) for number in range(len(names))],
            _labeler(answer.user, record.carried),
            record.carried,
        )


def _has_ranks(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 0
        and all(isinstance(item, Mapping) and {"value", "rank"} <= set(item) for item in value)
    )


def _are_completions(value: object, fields: Mapping[str, Any]) -> bool:
    """Whether a value is the bare names of completions, which an answer with several labels is not."""
    if not isinstance(value, list) or len(value) < 2:
        return False
    names = [item.get("value") if isinstance(item, Mapping) else item for item in value]
    return all(isinstance(name, str) and _field_for(name, list(fields)) is not None for name in names)


def _completion_names(record: _Record, answer: _Answer) -> list[str]:
    """The fields that an answer's options stand for, in its order."""
    names = []
    for number, item in enumerate(answer.value):
        name = _field_for(str(item["value"]), list(record.fields))
        if name is None or name in names:
            raise InputError(
                f"{item['value']!r} stands for no field of its own, found are: {', '.join(record.fields)}",
                f"{answer.where}.{number}",
                "name the completions' fields as the question's options",
            )
        names.append(name)
    return names


def _field_for(option: str, names: Sequence[str]) -> str | None:
    """The field that an option names, exactly, but for case and hyphens, or by the number at its end."""
    if option in names:
        return option
    same = [name for name in names if _bare(name) == _bare(option)]
    if not same and (number := re.search(r"\d+$", option)):
        same = [name for name in names if re.search(rf"(?<!\d){number[0]}$", name)]
    return same[0] if len(same) == 1 else None


def _bare(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()


def _text(record: _Record, name: str) -> str:
    value = record.fields[name]
    if not isinstance(value, str):
        raise InputError("not a text", f"{record.where}.{name}", "give the completion as one string")
    return value


def _rank(answer: _Answer, number: int) -> int:
    rank = answer.value[number]["rank"]
    if not isinstance(rank, int) or isinstance(rank, bool):
        raise InputError(
            f"{rank!r} is no rank", f"{answer.where}.{number}", "give numbers, or mark the response a draft"
        )
    return rank


def _user(response: Mapping[str, Any]) -> str | None:
    user = response.get("user_id")
    return None if user is None else str(user)


def _labeler(user: str | None, carried: Mapping[str, Any]) -> str | None:
    names = carried.get("labelers")
    if isinstance(names, Mapping) and user in names:
        return str(names[user])
    return None if user == NOBODY else user


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list | None):
        raise InputError("not a list", where, "give the records as Argilla exports them")
    return value or []


def _object(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError("not a JSON object", where, "give the records as Argilla exports them")
    return value


def _written(group: Sequence[Ranking]) -> dict[str, Any]:
    ranking = group[0]
    names = [f"completion-{number}" for number in range(1, len(ranking.completions) + 1)]
    carried = carry_along(ranking, names)
    users = {_user_id(other.labeler): other.labeler for other in group}
    named = {user: labeler for user, labeler in users.items() if labeler not in (None, user)}
    if named:
        carried["labelers"] = named
    return {
        "fields": {"prompt": ranking.prompt.text, **dict(zip(names, ranking.completions, strict=True))},
        "metadata": {OURS: carried} if carried else {},
        "suggestions": {},
        "responses": {QUESTION: [_response(names, other) for other in group]},
        "vectors": {},
    }


def _response(names: Sequence[str], ranking: Ranking) -> dict[str, Any]:
    value = [{"value": name, "rank": rank} for name, rank in zip(names, ranking.ranks, strict=True)]
    return {"value": value, "user_id": _user_id(ranking.labeler), "status": "submitted"}


def _user_id(labeler: str | None) -> str:
    if labeler is None:
        return NOBODY
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", labeler) and labeler != NOBODY:
        return labeler
    return str(uuid5(NAMESPACE_URL, f"tutelage:labeler:{labeler}"))
