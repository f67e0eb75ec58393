"""What a run's folder still holds of a forgotten user beside the database, and taking it out where that is safe.

No torch here: a run's files are read as what they are, JSON, lines of JSON, and bytes.
"""

import html
import json
import mmap
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tutelage.schema import InputError
from tutelage.store import PREPARED, Held, write_atomically
from tutelage.store.lock import hold

REMOVED = "(removed at its author's request)"
SHORTEST = 12
"""Characters of a text that is looked for: a shorter one stands in many files by chance."""
NUMBERS_ONLY = (".safetensors",)
"""Endings of files that hold no text, and are large."""


@dataclass(frozen=True)
class Remains:
    """A file that holds some of the texts, or held them. done: what was done about it; to_do: what is left to you."""

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


def models_that_learned(run: Path, held: Iterable[Held]) -> list[str]:
    """The run's models that may have learned from rows of these batches, or started from one that may have.

    Demonstrations teach SFT and all after it, rankings the reward model and the policies, prompts the policies. What a
    later round was given does not reach back. What was only prepared taught nobody.
    """
    learned: set[str] = set()
    present = sorted(path.name for path in (run / "models").glob("*") if path.is_dir())
    stages = _stages_by_batch(run)
    for each in held:
        taught = _TAUGHT.get(each.table)
        if taught is None or not each.training or each.batch == PREPARED:
            continue
        first = _round_of(stages.get(each.batch, "data"))
        for model in present:
            if model.startswith(taught) and _round_of(model) >= first:
                learned.add(model)
    return [model for model in present if model in learned]


_TAUGHT = {
    "demonstrations": ("sft", "initialization", "reward", "judge", "ppo"),
    "rankings": ("sft", "reward", "judge", "ppo"),
    "prompts": ("ppo",),
}
"""Table -> how the names of the models begin that learn from its rows; the reward model chooses the SFT epoch."""


def _stages_by_batch(run: Path) -> dict[str, str]:
    """Batch -> stage on record that wrote it."""
    try:
        written = json.loads((run / "stages.json").read_bytes())
        return {
            f"{entry.get('made_as') or name}/{entry['identity'][:16]}": name
            for name, entry in written.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _round_of(name: str) -> float:
    """The round of a stage or a model: earlier ones carry their number, the last one's names are plain."""
    number = name.rpartition("_")[2]
    if number.isdigit():
        return int(number)
    # made once, before the first round, for all of them
    made_once = name in ("data", "sft", "sft_by_loss", "labelers", "initialization")
    return 1 if made_once else float("inf")


def take_out(run: Path, texts: Collection[str]) -> list[Remains]:
    """Every file of the run that holds one of the texts, those first that could be rid of it.

    JSON: samples of such a prompt, and strings that hold its text, are replaced by a notice. Lines of JSON that hold it
    go. The page is drawn anew from report.json.
    """
    needles = [needle for text in texts if len(text) >= SHORTEST for needle in _written(text)]
    found = []
    # pages last: they are drawn from what the other files hold then
    for path in sorted(run.rglob("*"), key=lambda path: (path.suffix == ".html", path)):
        if not path.is_file() or path.suffix in NUMBERS_ONLY or path.name == ".lock":
            continue
        count = _count(path, texts, needles)
        if count:
            found.append(_treated(path, run, texts, count))
    return sorted(found, key=lambda each: each.done is None)


def _treated(path: Path, run: Path, texts: Collection[str], count: int) -> Remains:
    if path.name.startswith("tutelage.db"):
        return Remains(
            path, count, to_do="others asked the same, or more with the same words in it; it stays"
        )
    rid: Callable[[Path, Collection[str]], str] | None = None
    if path.suffix == ".json":
        rid = _rid_json
    elif path.suffix == ".jsonl":
        rid = _rid_lines
    elif path == run / "report.html":
        rid = _draw_anew
    if rid is None:
        return Remains(path, count, to_do=_advice(path, run))
    try:
        done = rid(path, texts)
    except (ValueError, InputError, ModuleNotFoundError) as error:
        return Remains(path, count, to_do=f"{_advice(path, run)} ({error})")
    left = _count(path, texts, [needle for text in texts for needle in _written(text)])
    return Remains(path, count, done, _advice(path, run) if left else None)


def _advice(path: Path, run: Path) -> str:
    if path == run / "report.html":
        return f"draw it anew: tutelage report {run}"
    if path.parent == run / "checkpoints":
        return "delete it: what it is of begins again"
    return "edit it, or delete it"


def _rid_json(path: Path, texts: Collection[str]) -> str:
    kept = _without(json.loads(path.read_bytes()), texts)
    write_atomically(path, json.dumps(kept, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    return "replaced by a notice"


def _rid_lines(path: Path, texts: Collection[str]) -> str:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not (line.strip() and _holds(json.loads(line), texts))]
    write_atomically(path, "".join(kept))
    count = len(lines) - len(kept)
    return f"{count} line{'' if count == 1 else 's'} taken out"


def _draw_anew(path: Path, texts: Collection[str]) -> str:
    from tutelage.report import Results, write_report

    write_report(path.parent, Results.load(path.parent))
    return "drawn anew"


def _without(value: Any, texts: Collection[str]) -> Any:
    """The value with what the texts stand in replaced; of a sample, what models said to the prompt as well."""
    if isinstance(value, str):
        return REMOVED if _holds(value, texts) else value
    if isinstance(value, list):
        return [_without(each, texts) for each in value]
    if isinstance(value, dict):
        if isinstance(value.get("prompt"), str) and _holds(value["prompt"], texts):
            return {
                name: REMOVED if isinstance(each, str) and name != "use_case" else _without(each, texts)
                for name, each in value.items()
            }
        return {name: _without(each, texts) for name, each in value.items()}
    return value


def _holds(value: Any, texts: Collection[str]) -> bool:
    if isinstance(value, str):
        return any(text in value for text in texts if len(text) >= SHORTEST)
    if isinstance(value, dict):
        return any(_holds(each, texts) for each in value.values())
    return isinstance(value, list) and any(_holds(each, texts) for each in value)


def _written(text: str) -> set[bytes]:
    """A text's bytes as they stand in plain files, in JSON with and without escapes, and in HTML."""
    ways = (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], html.escape(text))
    # jinja escapes quotes by numbers
    return {
        way.encode()
        for way in (*ways, html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"))
    }


def _count(path: Path, texts: Collection[str], needles: Sequence[bytes]) -> int:
    """How many of the texts a file holds, in any way of writing."""
    if path.stat().st_size == 0 or not needles:
        return 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if not any(content.find(needle) >= 0 for needle in needles):
            return 0
        return sum(
            any(content.find(needle) >= 0 for needle in _written(text))
            for text in texts
            if len(text) >= SHORTEST
        )
