"""Puts a run's pretrained base model into the package, with a record of how it was made beside it.

`make base` pretrains on the embedded world's web by the pipeline's own stage and then calls this.
"""

import hashlib
import json
import platform
import shutil
import sys
from pathlib import Path

import torch

from tutelage import mini
from tutelage.pipeline.folder import RunFolder
from tutelage.pipeline.ledger import Ledger
from tutelage.recipe import load_recipe
from tutelage.store import atomic_folder, write_atomically

COMMAND = "make base"
RECORD = "training.json"


def ship_base(run: Path) -> Path:
    """Copy the base model of a run of `make base` into the package; returns the folder."""
    folder = RunFolder(run)
    recipe, ledger = load_recipe(str(folder.recipe)), Ledger(folder.ledger)
    identity = ledger.identity("base")
    with atomic_folder(mini.base_folder()) as place:
        shutil.copytree(folder.model("base"), place, dirs_exist_ok=True)
        record = {
            "command": COMMAND,
            "seed": recipe.seed,
            "tokens": recipe.base.tokens,
            "precision": recipe.precision,
            "threads": recipe.threads,
            "hours": round(ledger.seconds("base", identity) / 3600, 2),
            "machine": platform.machine(),
            "torch": torch.__version__,
            "copy_accuracy": ledger.findings("base")["copying"]["value"],
            "sha256": hash_of(place / "model.safetensors"),
        }
        write_atomically(place / RECORD, json.dumps(record, indent=2) + "\n")
    return mini.base_folder()


def hash_of(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


if __name__ == "__main__":
    print(f"the base model is in {ship_base(Path(sys.argv[1]))}")
