"""A stage: a name, what it is made from, what it leaves behind, and the function that does the work."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.workbench import Workbench

FORMAT = 5
"""Version of what stages write and of how they compute it: raising it makes every run do its stages again."""


@dataclass(frozen=True)
class Stage:
    """One step of the method.

    name: unique in a run, and the key of its line in stages.json and metrics.jsonl
    title: what the user reads beside the progress bar
    work: does it; returns its findings. Called again after an interruption, it goes on where it was
    settings: the part of the recipe (and anything else from outside) that decides its result, as JSON
    inputs: names of the stages whose results it reads
    outputs: files and folders it leaves; a finished stage whose outputs are gone is done again
    together: where there are several processes all of them do it; else the first one does it alone
    closed: it belongs to a finished round that another one was begun after: it is what the ledger says, and is never
        done again
    """

    name: str
    title: str
    work: Callable[[Workbench], Findings]
    settings: Mapping[str, Any]
    inputs: tuple[str, ...]
    outputs: tuple[Path, ...] = ()
    together: bool = False
    closed: bool = False

    def identity(self, identities: Mapping[str, str]) -> str:
        """Hash of all that decides the stage's result, given the identities of the stages before it."""
        content = {
            "format": FORMAT,
            "stage": self.name,
            "settings": self.settings,
            "inputs": {name: identities[name] for name in self.inputs},
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
