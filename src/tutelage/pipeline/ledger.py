"""The record of finished stages: what each was made from, how long it took, and what it found."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tutelage.schema import InputError
from tutelage.store import write_atomically

Findings = dict[str, Any]
"""What a stage found out, as JSON: read by later stages and by the report."""


@dataclass(frozen=True)
class Entry:
    """One stage's line: `seconds` of work, over all its starts; findings are None until it is finished."""

    identity: str
    seconds: float
    findings: Findings | None


class Ledger:
    """stages.json of a run; every change is on disk, atomically, before the next stage begins."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, Entry] = {}
        if path.exists():
            try:
                written: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
                self._entries = {name: Entry(**entry) for name, entry in written.items()}
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

    def identity(self, stage: str) -> str:
        """What a stage on record was made from. Raises KeyError when it was never begun."""
        return self._entries[stage].identity

    def findings(self, stage: str) -> Findings:
        """What a finished stage found. Raises KeyError when it is not finished."""
        entry = self._entries[stage]
        if entry.findings is None:
            raise KeyError(stage)
        return entry.findings

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

    def record(self, stage: str, identity: str, seconds: float, findings: Findings | None) -> None:
        """Write a stage down: finished with its findings, or begun with None."""
        # Findings pass through JSON here, so that a resumed run reads exactly what an undisturbed one does.
        self._entries[stage] = Entry(identity, seconds, json.loads(to_json(findings)))
        text = json.dumps(
            {name: asdict(entry) for name, entry in self._entries.items()}, indent=1, sort_keys=True
        )
        write_atomically(self._path, text + "\n")


def to_json(findings: Findings | None) -> str:
    """Findings as JSON; figures of the report become plain objects."""
    return json.dumps(findings, default=lambda figure: figure.model_dump(mode="json"), allow_nan=False)
