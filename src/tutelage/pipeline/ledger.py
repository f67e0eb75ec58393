"""The record of finished stages: what each was made from, how long it took, and what it found."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tutelage.distributed import leads, told_by_leader
from tutelage.schema import InputError
from tutelage.store import write_atomically

Findings = dict[str, Any]
"""What a stage found out, as JSON: read by later stages and by the report."""


@dataclass(frozen=True)
class Entry:
    """One stage's line: `seconds` of work, over all its starts; findings are None until it is finished.

    made_as: the name it had when it was done, where it has another one since; its records in the store keep that.
    inputs, settings: the stages and the part of the recipe it was made from; finished: when, ISO 8601. They are None in
    what was written before they were recorded.
    """

    identity: str
    seconds: float
    findings: Findings | None
    made_as: str | None = None
    inputs: tuple[str, ...] | None = None
    settings: Mapping[str, Any] | None = None
    finished: str | None = None


class Ledger:
    """stages.json of a run; every change is on disk, atomically, before the next stage begins."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, Entry] = {}
        if path.exists():
            try:
                written: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
                self._entries = {name: entry_of(entry) for name, entry in written.items()}
            except (ValueError, TypeError, AttributeError) as error:
                raise InputError(
                    "this is not a run's record of stages",
                    where=str(path),
                    remedy="delete the file to do all stages again, or choose another --out",
                ) from error

    def finished(self, stage: str, identity: str) -> bool:
        """Whether the stage was finished from exactly these inputs."""
        entry = self._entries.get(stage)
        return entry is not None and entry.identity == identity and entry.findings is not None

    def begun(self, stage: str, identity: str) -> bool:
        """Whether the stage was begun from exactly these inputs: what it left so far is then its own."""
        entry = self._entries.get(stage)
        return entry is not None and entry.identity == identity

    def has(self, stage: str) -> bool:
        """Whether a stage was finished, from whatever."""
        entry = self._entries.get(stage)
        return entry is not None and entry.findings is not None

    def identity(self, stage: str) -> str:
        """What a stage on record was made from. Raises KeyError when it was never begun."""
        return self._entries[stage].identity

    def findings(self, stage: str) -> Findings:
        """What a finished stage found. Raises KeyError when it is not finished."""
        entry = self._entries[stage]
        if entry.findings is None:
            raise KeyError(stage)
        return entry.findings

    def batch(self, stage: str, identity: str) -> str:
        """The name of a stage's records in the store: other inputs, another; renaming the stage changes nothing."""
        entry = self._entries.get(stage)
        made_as = None if entry is None else entry.made_as
        return f"{made_as or stage}/{identity[:16]}"

    def stages(self) -> list[str]:
        """The names on record."""
        return list(self._entries)

    def rename(self, names: Mapping[str, str]) -> None:
        """Old name -> new name, for the stages on record; what they were made from stays as it is."""
        self._entries = {
            names.get(name, name): replace(
                entry,
                made_as=entry.made_as or name if name in names else entry.made_as,
                inputs=None
                if entry.inputs is None
                else tuple(names.get(each, each) for each in entry.inputs),
            )
            for name, entry in self._entries.items()
        }
        self._write()

    def seconds(self, stage: str, identity: str) -> float:
        """Seconds of work already spent on this stage from these inputs."""
        entry = self._entries.get(stage)
        return entry.seconds if entry is not None and entry.identity == identity else 0.0

    def all_seconds(self, identities: Mapping[str, str]) -> dict[str, float]:
        """Stage -> seconds of work, for the finished ones of these stages, in their order."""
        return {
            name: self._entries[name].seconds
            for name, mine in identities.items()
            if self.finished(name, mine)
        }

    def finished_stages(self) -> list[tuple[str, Entry]]:
        """The finished stages on record, in the order in which they were done."""
        done = [(name, entry) for name, entry in self._entries.items() if entry.findings is not None]
        return sorted(done, key=lambda item: item[1].finished or "")

    def record(
        self,
        stage: str,
        identity: str,
        seconds: float,
        findings: Findings | None,
        inputs: tuple[str, ...] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a stage down: begun with no findings, or finished with them, and what it was made from."""
        finished = None if findings is None else datetime.now(UTC).isoformat(timespec="seconds")
        # Findings pass through JSON here, so that a resumed run reads exactly what an undisturbed one does.
        read = json.loads(to_json(findings))
        self._entries[stage] = Entry(
            identity, seconds, read, inputs=inputs, settings=settings, finished=finished
        )
        self._write()

    def agree(self, stage: str) -> None:
        """Have on every rank what the first one knows of a stage."""
        known = told_by_leader(self._entries.get(stage))
        if known is not None:
            self._entries[stage] = known

    def _write(self) -> None:
        if not leads():
            return
        text = json.dumps(
            {name: asdict(entry) for name, entry in self._entries.items()}, indent=1, sort_keys=True
        )
        write_atomically(self._path, text + "\n")


def entry_of(written: Mapping[str, Any]) -> Entry:
    """A line as it was written; JSON has no tuples."""
    inputs = written.get("inputs")
    return Entry(**{**written, "inputs": None if inputs is None else tuple(inputs)})


def to_json(findings: Findings | None) -> str:
    """Findings as JSON; figures of the report become plain objects."""
    return json.dumps(findings, default=lambda figure: figure.model_dump(mode="json"), allow_nan=False)
