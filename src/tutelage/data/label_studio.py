"""Rankings to and from Label Studio: tasks in its JSON, with annotations made by a Ranker or a Pairwise tag.

Read are a Ranker without buckets, whose order is the ranking; one with buckets that end in numbers, where a
bucket's items are tied; and a Pairwise tag, whose two texts are told by the ends of their names (`text1` and
`text2`, `left` and `right`). Items in no bucket were not judged and are left out.

Written is a Ranker with buckets, since an order alone cannot tell a tie. Label Studio imports the file (name
it .json) into a project with this labeling interface, with as many buckets as there are completions:

    <View>
      <Text name="prompt" value="$prompt"/>
      <List name="completions" value="$items" title="Completions"/>
      <Ranker name="ranking" toName="completions">
        <Bucket name="1" title="Best"/>
        <Bucket name="2" title="2"/>
        <Bucket name="3" title="3"/>
        <Bucket name="4" title="4"/>
      </Ranker>
    </View>

It refuses annotations by people whom it does not know, so a labeler's name stands in the result's `meta`,
which it keeps, and goes before `completed_by` when it is read again.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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

UNSORTED = "_"
"""Where a Ranker with buckets keeps what nobody has put into one."""

_PAIRS = (("left", "right"), ("1", "2"), ("0", "1"), ("a", "b"), ("A", "B"))
_TEXTS = ("body", "html", "title")


def read_rankings(path: str | os.PathLike[str]) -> Exchanged:
    """The annotations as rankings; cancelled ones, and those that rank nothing, are passed over.

    Raises:
        InputError: the file, or a task of it, is not that; told with file, line or row, field and remedy.
    """
    rankings: list[Ranking] = []
    passed_over = 0
    for row in read_records(path):
        for number, annotation in enumerate(_annotations(row)):
            ranking = _ranking(row, f"{row.where}: annotations.{number}", annotation)
            if ranking is None:
                passed_over += 1
            else:
                rankings.append(ranking)
    return Exchanged(rankings, passed_over)


def write_rankings(path: str | os.PathLike[str], rankings: Iterable[Ranking]) -> None:
    """Write one task for each prompt and its completions, with an annotation of each labeler."""
    write_records(path, (_task(group) for group in group_rankings(rankings)))


def _annotations(row: Row) -> list[Any]:
    for name, kind in (("data", Mapping), ("annotations", list)):
        if not isinstance(row.fields.get(name), kind):
            raise InputError(
                "missing", f"{row.where}: {name}", "export the tasks as JSON, not JSON-MIN or another format"
            )
    annotations: list[Any] = row.fields["annotations"]
    return annotations


def _ranking(row: Row, where: str, annotation: object) -> Ranking | None:
    if not isinstance(annotation, Mapping):
        raise InputError("not a JSON object", where, "export the tasks as JSON with their annotations")
    if annotation.get("was_cancelled"):
        return None
    made = annotation.get("result")
    if not isinstance(made, list):
        raise InputError("missing", f"{where}.result", "export the tasks as JSON with their annotations")
    results = [
        (f"{where}.result.{number}", result)
        for number, result in enumerate(made)
        if isinstance(result, Mapping) and result.get("type") in ("ranker", "pairwise")
    ]
    if len(results) > 1:
        raise InputError(f"{len(results)} rankings in one annotation", where, "keep one of them")
    if not results:
        return None
    place, result = results[0]
    data = row.fields["data"]
    if result["type"] == "pairwise":
        completions, numbers = _pair(row, place, result)
        names = list(completions)
    else:
        places = _places(place, result)
        if not places:
            return None
        name, items = _items(row, place, list(places))
        completions = {
            item: _item_text(f"{row.where}: data.{name}", items[item]) for item in items if item in places
        }
        numbers, names = [places[item] for item in completions], [name]
    others = {name: value for name, value in data.items() if name not in names}
    carried = carried_in(data)
    prompt = find_prompt(f"{row.where}: data", others, carried)
    return make_ranking(where, prompt, completions, numbers, _labeler(annotation, result), carried)


def _places(where: str, result: Mapping[str, Any]) -> dict[str, int]:
    """Each ranked item's place, 1 = best: in the one order there is, or by the number of its bucket."""
    ranker = _value(where, result, "ranker")
    if isinstance(ranker, Mapping):
        # without buckets the tag's own name stands where a bucket's would
        ranker = ranker.get(str(result.get("from_name")), ranker)
    if isinstance(ranker, list):
        placed = [(str(item), place) for place, item in enumerate(ranker, start=1)]
    elif isinstance(ranker, Mapping):
        buckets = _numbered({name: items for name, items in ranker.items() if name != UNSORTED}, where)
        placed = [(str(item), place) for place, items in buckets.items() for item in items]
    else:
        raise InputError("neither an order nor buckets", f"{where}.value.ranker", "export the task again")
    places = dict(placed)
    if len(places) < len(placed):
        raise InputError("an item is ranked twice", f"{where}.value.ranker", "export the task again")
    return places


def _numbered(buckets: Mapping[str, Any], where: str) -> dict[int, list[Any]]:
    numbers = [re.search(r"\d+$", name) for name in buckets]
    numbered = {
        int(number[0]): items for number, items in zip(numbers, buckets.values(), strict=True) if number
    }
    if len(numbered) < len(buckets):
        raise InputError(
            f"the buckets' names tell no order: {', '.join(buckets)}",
            f"{where}.value.ranker",
            "end them in numbers, 1 for the best",
        )
    if not all(isinstance(items, list) for items in numbered.values()):
        raise InputError("a bucket holds no list", f"{where}.value.ranker", "export the task again")
    return numbered


def _items(row: Row, where: str, ranked: Sequence[str]) -> tuple[str, dict[str, Mapping[str, Any]]]:
    """The field of the task that holds the ranked items, and its items by their ids."""
    found = []
    for name, value in row.fields["data"].items():
        if isinstance(value, list):
            items = {str(item["id"]): item for item in value if isinstance(item, Mapping) and "id" in item}
            if set(ranked) <= set(items):
                found.append((name, items))
    if len(found) != 1:
        raise InputError(
            f"which field holds the items {', '.join(ranked)} is unclear, found are: "
            f"{', '.join(row.fields['data'])}",
            where,
            'give one list of {"id": …, "title": …, "body": …}',
        )
    return found[0]


def _item_text(where: str, item: Mapping[str, Any]) -> str:
    text = next((item[name] for name in _TEXTS if isinstance(item.get(name), str)), None)
    if text is None:
        raise InputError(f"item {item['id']!r} has no text", where, f"give it one of {', '.join(_TEXTS)}")
    return str(text)


def _pair(row: Row, where: str, result: Mapping[str, Any]) -> tuple[dict[str, str], list[int]]:
    """Two texts, the left one first, and their places."""
    texts = {name: value for name, value in row.fields["data"].items() if isinstance(value, str)}
    pairs = [
        (name, other)
        for first, second in _PAIRS
        for name in texts
        if name.endswith(first) and (other := name.removesuffix(first) + second) in texts
    ]
    if len(pairs) != 1:
        raise InputError(
            f"which two texts are compared is unclear, found are: {', '.join(texts)}",
            f"{row.where}: data",
            "name them text1 and text2",
        )
    selected = _value(where, result, "selected")
    if selected not in ("left", "right"):
        raise InputError(f"{selected!r} is no side", f"{where}.value.selected", "known are left, right")
    return {name: texts[name] for name in pairs[0]}, [1, 2] if selected == "left" else [2, 1]


def _value(where: str, result: Mapping[str, Any], name: str) -> Any:
    value = result.get("value")
    if not isinstance(value, Mapping) or name not in value:
        raise InputError("missing", f"{where}.value.{name}", "export the task again")
    return value[name]


def _labeler(annotation: Mapping[str, Any], result: Mapping[str, Any]) -> str | None:
    meta = result.get("meta")
    if isinstance(meta, Mapping) and "labeler" in meta:
        labeler = meta["labeler"]
    else:
        labeler = annotation.get("completed_by")
        if isinstance(labeler, Mapping):
            labeler = labeler.get("email", labeler.get("id"))
    return None if labeler is None else str(labeler)


def _task(group: Sequence[Ranking]) -> dict[str, Any]:
    ranking = group[0]
    # titles do not tell sources: nobody should judge a completion by its name
    items = [
        {"id": f"completion-{number}", "title": f"Completion {number}", "body": completion}
        for number, completion in enumerate(ranking.completions, start=1)
    ]
    names = [item["id"] for item in items]
    carried = carry_along(ranking, names)
    data = {"prompt": ranking.prompt.text, "items": items} | ({OURS: carried} if carried else {})
    return {"data": data, "annotations": [_annotation(names, other) for other in group]}


def _annotation(names: Sequence[str], ranking: Ranking) -> dict[str, Any]:
    buckets: dict[str, list[str]] = {str(place): [] for place in range(1, len(names) + 1)}
    for name, rank in zip(names, ranking.ranks, strict=True):
        buckets[str(rank)].append(name)
    result = {
        "from_name": "ranking",
        "to_name": "completions",
        "type": "ranker",
        "value": {"ranker": buckets},
        "meta": {"labeler": ranking.labeler},
    }
    return {"result": [result], "was_cancelled": False}
