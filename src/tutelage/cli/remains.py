"""What a run's folder still holds of a forgotten user beside the database, and taking it out where that is safe.

Changed are only the places that hold prompts: samples in reports and in the record of stages, rows of JSON Lines.
Whatever else holds a text is listed. No torch here: files are read as what they are, JSON, lines of JSON, and bytes.
"""

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tutelage.cli.wanted import Wanted
from tutelage.schema import InputError
from tutelage.store import write_atomically
from tutelage.store.lock import hold

REMOVED = "(removed at its author's request)"
NUMBERS_ONLY = (".safetensors",)
"""Endings of files that hold no text, and are large."""


@dataclass(frozen=True)
class Remains:
    """A file that holds some of the texts, or held them.

    texts: how many, at least; done: what was done about it; to_do: what is left to you.
    """

    path: Path
    texts: int
    done: str | None = None
    to_do: str | None = None


@contextmanager
def nobody_else(run: Path) -> Iterator[None]:
    """Keep a run from beginning meanwhile. Raises InputError while one is at work in the folder."""
    with (run / ".lock").open("a+") as file:
        if not hold(file):
            file.seek(0)
            raise InputError(
                f"the folder is in use by {file.read() or 'another process'}",
                where=str(run),
                remedy="wait for it, or stop it",
            )
        yield


def take_out(run: Path, texts: Collection[str]) -> list[Remains]:
    """Every file of the run, but the database, that holds one of the texts, those first that could be rid of it.

    Samples of such a prompt are replaced by a notice, as are answers that quote it. Rows of JSON Lines that hold it
    go. Pages are drawn anew from their report.
    """
    wanted = Wanted(texts)
    found: dict[Path, Remains] = {}
    left_out = {run / ".lock", *database_files(run)}
    # pages last: they are drawn from what the other files hold then
    for path in sorted(run.rglob("*"), key=lambda path: (path.suffix == ".html", path)):
        if not path.is_file() or path.suffix in NUMBERS_ONLY or path in left_out:
            continue
        report = found.get(path.with_suffix(".json"))
        outdated = path.suffix == ".html" and report is not None and report.done is not None
        try:
            remains = _treated(path, run, wanted, outdated)
        except OSError as error:
            remains = Remains(path, 0, to_do=f"look into it: it cannot be read or written ({error.strerror})")
        if remains is not None:
            found[path] = remains
    return sorted(found.values(), key=lambda each: each.done is None)


def database_files(run: Path) -> list[Path]:
    """The run's database, and its log."""
    return sorted(run.glob("tutelage.db*"))


def _treated(path: Path, run: Path, wanted: Wanted, outdated: bool) -> Remains | None:
    """What a file held, and what was done about it; None where it holds nothing of theirs.

    outdated: it is the page of a report that was changed
    """
    treat = _treatment(path, run)
    own = _is_the_runs_own(path, run)
    held = wanted.count(path, long_only=own)
    if treat is None or (treat is _drawn_anew and not (outdated or held)):
        return Remains(path, held, to_do=_advice(path, run)) if held else None
    try:
        texts, done = treat(path, wanted)
    except (OSError, ValueError, ModuleNotFoundError) as error:
        if not (held or outdated):
            return None
        return Remains(path, held, to_do=f"{_advice(path, run)} ({error})")
    left = wanted.count(path, long_only=own)
    if not (texts or held):
        return None
    return Remains(path, max(texts, held), done if texts else None, _advice(path, run) if left else None)


def _treatment(path: Path, run: Path) -> Callable[[Path, Wanted], tuple[int, str]] | None:
    """What rids a file of texts, and tells of how many places and how; None where nothing may be changed."""
    if path.parent == run and path.name == "stages.json":
        return _rid_record
    if _is_report(path, run):
        return _rid_report if path.suffix == ".json" else _drawn_anew
    if path.suffix == ".jsonl" and not _is_the_runs_own(path, run):
        return _rid_lines
    return None


def _is_report(path: Path, run: Path) -> bool:
    return path.parent == run and path.match("report*") and path.suffix in (".json", ".html")


def _is_the_runs_own(path: Path, run: Path) -> bool:
    """Whether the run's own words make it up: models, recipes, metrics, reports and the record of stages."""
    inside = path.relative_to(run)
    return (
        inside.parts[0] in ("models", "checkpoints")
        or _is_report(path, run)
        or (
            path.parent == run
            and (path.match("recipe*.yaml") or path.name in ("metrics.jsonl", "stages.json"))
        )
    )


def _advice(path: Path, run: Path) -> str:
    if path == run / "report.html":
        return f"draw it anew: tutelage report {run}"
    if path.relative_to(run).parts[0] == "checkpoints":
        return "delete it: what it is of begins again"
    if path.suffix == ".html" or not _is_the_runs_own(path, run):
        return "edit it, or delete it"
    return "look into it: the run needs it as it is"


def _rid_report(path: Path, wanted: Wanted) -> tuple[int, str]:
    report = json.loads(path.read_bytes())
    count = _rid_samples(report, wanted)
    return _written_back(path, report, count)


def _rid_record(path: Path, wanted: Wanted) -> tuple[int, str]:
    record = json.loads(path.read_bytes())
    stages = record.values() if isinstance(record, dict) else ()
    count = sum(_rid_samples(each.get("findings"), wanted) for each in stages if isinstance(each, dict))
    return _written_back(path, record, count)


def _written_back(path: Path, value: Any, count: int) -> tuple[int, str]:
    if count:
        write_atomically(path, json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    return count, "replaced by a notice"


def _rid_samples(holder: Any, wanted: Wanted) -> int:
    """Have samples of their prompts say nothing, and of others no answer that quotes one; how many were changed."""
    samples = holder.get("samples") if isinstance(holder, dict) else None
    count = 0
    for sample in samples if isinstance(samples, list) else ():
        if not isinstance(sample, dict):
            continue
        theirs = isinstance(sample.get("prompt"), str) and wanted.asked(sample["prompt"])
        anew = {
            name: REMOVED
            for name, each in sample.items()
            if isinstance(each, str) and name != "use_case" and (theirs or wanted.quoted(each))
        }
        sample.update(anew)
        count += bool(anew)
    return count


def _rid_lines(path: Path, wanted: Wanted) -> tuple[int, str]:
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if not (line.strip() and wanted.is_theirs(json.loads(line)))]
    count = len(lines) - len(kept)
    if count:
        write_atomically(path, b"".join(kept))
    return count, f"{count} line{'' if count == 1 else 's'} taken out"


def _drawn_anew(path: Path, wanted: Wanted) -> tuple[int, str]:
    from tutelage.report import Results
    from tutelage.report.page import render_page

    write_atomically(path, render_page(Results.model_validate_json(path.with_suffix(".json").read_bytes())))
    return 1, "drawn anew"
