"""Which models of a run may have learned from a forgotten user: names, and the record of stages, tell."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tutelage.store import PREPARED, Held

_TAUGHT = {
    "demonstrations": ("sft", "initialization", "reward", "judge", "ppo"),
    "rankings": ("sft", "reward", "judge", "ppo"),
    "prompts": ("ppo",),
}
"""Table -> how the names of the models begin that learn from its rows; the reward model chooses the SFT epoch."""
_QUEUE = re.compile(r"round-(?P<round>\d+)")
"""A round's batch in the queue (`pipeline.people`)."""
_JUDGES_HALF = "/judge"
"""How the batch of the judge's half of a stage's rankings ends (`pipeline.stages.comparisons`)."""


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
        first = _round_taught(each.batch, stages)
        for model in present:
            if model.startswith(taught) and _round_of(model) >= first:
                learned.add(model)
    return [model for model in present if model in learned]


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


def _round_taught(batch: str, stages: Mapping[str, str]) -> float:
    """The first round that a batch taught: of its stage, of its queue of people's work, or, of imports, the first."""
    stage = stages.get(batch.removesuffix(_JUDGES_HALF))
    if stage is not None:
        return _round_of(stage)
    queue = _QUEUE.fullmatch(batch)
    return 1 if queue is None else int(queue["round"])


def _round_of(name: str) -> float:
    """The round of a stage or a model: earlier ones carry their number, the last one's names are plain."""
    number = name.rpartition("_")[2]
    if number.isdigit():
        return int(number)
    # made once, before the first round, for all of them
    made_once = name in ("data", "sft", "sft_by_loss", "labelers", "initialization")
    return 1 if made_once else float("inf")
