"""A finished round is put away, so that the next one has the plain names: stages, models, metrics, report and recipe.

Nothing is made again and nothing is lost: stages keep the identities they were made under, and the store what they
wrote. Every step may be repeated, so a process that dies in between is continued by the next.
"""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tutelage.pipeline.folder import RunFolder
from tutelage.pipeline.ledger import Ledger
from tutelage.pipeline.order import belongs_to_earlier
from tutelage.schema import InputError
from tutelage.store import atomic_file, write_atomically

MODELS = ("reward", "judge", "ppo", "ppo_ptx")
"""Models that every round makes anew; those before them serve all rounds."""


def close_round(folder: RunFolder, number: int) -> None:
    """Give everything of the last round its number. The recipe of the next one lies there already, and takes its place
    at the end, in one step.
    """
    for path in kept_files(folder):
        keep_copy(folder, path, number)
    for name in MODELS:
        plain, numbered = folder.model(name), folder.of_round(folder.model(name), number)
        if plain.is_dir() and not numbered.exists():
            os.replace(plain, numbered)
    ledger = Ledger(folder.ledger)
    names = {stage: f"{stage}_{number}" for stage in ledger.stages() if not belongs_to_earlier(stage)}
    rename_metrics(folder, names)
    ledger.rename(names)
    os.replace(folder.next_recipe, folder.recipe)


def require_free(folder: RunFolder, number: int) -> None:
    """Raises InputError where something of another run has the number of a round: it would be taken for its own."""
    kept = [folder.of_round(path, number) for path in (*kept_files(folder), *map(folder.model, MODELS))]
    for path in kept:
        if path.exists():
            raise InputError("is of another run in this folder", str(path), "move it away")


def kept_files(folder: RunFolder) -> tuple[Path, ...]:
    """What stays where it is until the next round has its own, and is kept under the round's number."""
    return folder.report("json"), folder.report("html"), folder.recipe


def keep_copy(folder: RunFolder, path: Path, number: int) -> None:
    """Copy a file beside itself, under the round's number."""
    kept = folder.of_round(path, number)
    if path.exists() and not kept.exists():
        with atomic_file(kept) as copy:
            shutil.copyfile(path, copy)


def rename_metrics(folder: RunFolder, names: Mapping[str, str]) -> None:
    """Old name -> new name, in the log of the stages' metrics: the curves of a round are not mixed with another's."""
    if not folder.metrics.exists():
        return
    lines = [json.loads(line) for line in folder.metrics.read_text(encoding="utf-8").splitlines()]
    renamed = [json.dumps(line | {"stage": names.get(line["stage"], line["stage"])}) for line in lines]
    write_atomically(folder.metrics, "".join(f"{line}\n" for line in renamed))
