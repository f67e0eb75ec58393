"""Samples made elsewhere: read from a file, grouped by model and kind of prompt, and scored.

The columns are those of the sample files that were published with the paper.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tutelage.data.rows import Row, read_rows
from tutelage.evaluation.nlp.stopping import cut
from tutelage.evaluation.scores import Scores
from tutelage.evaluation.statistics import Statistic
from tutelage.schema import InputError, nearest


@dataclass(frozen=True)
class Item:
    """What models are asked. text: without framing; references: texts of which any would be right; given: figures that
    are known of it, from 0 to 1, such as the toxicity of a beginning.
    """

    text: str
    references: tuple[str, ...] = ()
    given: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Sample:
    """What a model said. prompt: what it was asked, by which intervals are clustered; references: what would be right.

    given: figures that the file has of it, from 0 to 1, such as a judge's probability.
    """

    model: str
    prompt_type: str | None
    prompt: str
    text: str
    references: tuple[str, ...] = ()
    given: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Task:
    """How samples of one task are read and scored.

    prompt, text: the columns of these; by_prompt_type: whether the kind of prompt must be told; alternatives: whether
    `|` stands between references; stop: texts that end an answer; given: columns of figures that are taken where all
    rows have them; measure: the figures of one group.
    """

    name: str
    prompt: str
    text: str
    measure: Callable[[Sequence[Sample]], Mapping[str, Statistic]]
    by_prompt_type: bool = True
    has_references: bool = True
    alternatives: bool = True
    stop: tuple[str, ...] = ()
    given: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that a file must have."""
        kind = ("prompt_type",) if self.by_prompt_type else ()
        references = ("ref_text",) if self.has_references else ()
        return ("model_type", *kind, self.prompt, *references, self.text)


def read_samples(
    path: str, task: Task, *, stop: bool = True, made: Mapping[str, Any] | None = None
) -> list[Sample]:
    """The samples of a CSV or JSON Lines file; stop: whether an answer ends where the task's answers do; made: what the
    rows must say in further columns of how they were made.

    Raises:
        InputError: no such file, no rows, a missing column, a figure that is none or stands in some rows only, or
            samples that were made otherwise.
    """
    rows = list(read_rows(path))
    if not rows:
        raise InputError("the file holds no samples", path)
    for row in rows:
        _demand_columns(row, task)
        _demand_making(row, made or {})
    given = [name for name in task.given if _is_given(name, rows)]
    return [_sample(row, task, given, stop) for row in rows]


def row_of(sample: Sample, task: Task) -> dict[str, Any]:
    """A sample in the columns of its task's files."""
    kind = {} if sample.prompt_type is None else {"prompt_type": sample.prompt_type}
    references = {"ref_text": list(sample.references)} if task.has_references else {}
    asked = {"model_type": sample.model, **kind, task.prompt: sample.prompt, **references}
    return {**asked, task.text: sample.text, **(sample.given or {})}


def with_figures(
    samples: Sequence[Sample], name: str, judge: Callable[[list[str], list[str]], Sequence[float]]
) -> list[Sample]:
    """The samples with a figure that a judge of prompts and texts gives to each."""
    found = judge([each.prompt for each in samples], [each.text for each in samples])
    return [
        replace(each, given={**(each.given or {}), name: value})
        for each, value in zip(samples, found, strict=True)
    ]


def score_samples(samples: Sequence[Sample], task: Task) -> list[Scores]:
    """The figures by model and kind of prompt, in the order of first appearance."""
    groups: dict[tuple[str, str | None], list[Sample]] = {}
    for sample in samples:
        groups.setdefault((sample.model, sample.prompt_type), []).append(sample)
    return [Scores(*group, len(own), task.measure(own)) for group, own in groups.items()]


def _sample(row: Row, task: Task, given: Sequence[str], stop: bool) -> Sample:
    text = _text(row, task.text)
    return Sample(
        model=_named(row, "model_type"),
        prompt_type=_named(row, "prompt_type") if _has_prompt_type(row, task) else None,
        prompt=_text(row, task.prompt),
        text=cut(text, task.stop) if stop else text.strip(),
        references=_references(row, task),
        given={name: _figure(row, name) for name in given},
    )


def _has_prompt_type(row: Row, task: Task) -> bool:
    return task.by_prompt_type or row.fields.get("prompt_type") is not None


def _references(row: Row, task: Task) -> tuple[str, ...]:
    """What would be right; JSON may list alternatives, which then may hold any sign."""
    if not task.has_references:
        return ()
    value = row.fields["ref_text"]
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return tuple(value)
    reference = _text(row, "ref_text")
    return tuple(reference.split("|")) if task.alternatives else (reference,)


def _demand_columns(row: Row, task: Task) -> None:
    for name in task.columns:
        if name not in row.fields:
            near = nearest(name, row.fields)
            remedy = f"rename {near!r}?" if near else f"the columns are {', '.join(task.columns)}"
            raise InputError(f"no column {name!r}", row.where, remedy)


def _demand_making(row: Row, made: Mapping[str, Any]) -> None:
    for name, value in made.items():
        if row.fields.get(name) != value:
            raise InputError(
                f"made with {name} {row.fields.get(name)!r}, not {value!r}", row.where, "name another file"
            )


def _is_given(name: str, rows: Sequence[Row]) -> bool:
    lacking = [row for row in rows if row.fields.get(name) is None]
    if lacking and len(lacking) < len(rows):
        raise InputError(
            "missing, where other rows have it", f"{lacking[0].where}: {name}", "fill it in all, or in none"
        )
    return not lacking


def _text(row: Row, name: str) -> str:
    """A cell as text; a reference may have been read as a number."""
    value: Any = row.fields[name]
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InputError("not a text", f"{row.where}: {name}", "give one string")
    return str(value)


def _named(row: Row, name: str) -> str:
    value = _text(row, name).strip()
    if not value:
        raise InputError("missing", f"{row.where}: {name}", "name it")
    return value


def _figure(row: Row, name: str) -> float:
    try:
        value = float(row.fields[name])
    except (TypeError, ValueError):
        value = math.nan
    if not 0 <= value <= 1:
        raise InputError(f"{row.fields[name]!r} is no figure from 0 to 1", f"{row.where}: {name}")
    return value
