"""What models said, kept in a file: an interrupted examination goes on from it, and it can be scored by itself."""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from tutelage.data.rows import read_rows
from tutelage.evaluation.samples import Sample, Task, read_samples, row_of
from tutelage.pipeline.stages.base import fingerprint_of_base
from tutelage.schema import InputError


@dataclass(frozen=True)
class Asking:
    """How models are asked. raw: texts as they stand, without the models' templates; count: answers to each item."""

    temperature: float
    max_new_tokens: int
    raw: bool = False
    count: int = 1
    seed: int = 0


class KeptSamples:
    """Samples kept in a file as they come. It has the task's columns and can be scored by itself; beside them stands
    how each sample was asked for, so that nothing is mixed up.
    """

    def __init__(self, path: str | None, task: Task, asking: Asking, folders: Mapping[str, str]) -> None:
        """path: None keeps nothing. What is there already is read. folders: of the models, by name.

        Raises:
            InputError: the name is of another format, or the file holds what was asked for otherwise.
        """
        if path is not None and not path.endswith(".jsonl"):
            raise InputError("samples are kept as JSON Lines", path, "choose a name that ends in .jsonl")
        self.path, self.task = path, task
        self.made = {
            "temperature": asking.temperature,
            "max_new_tokens": asking.max_new_tokens,
            "seed": asking.seed,
            "raw": asking.raw,
        }
        self._samples: list[Sample] = []
        self._weights: dict[str, str] = {}
        if path is None:
            return
        if os.path.isdir(path):
            raise InputError("this is a folder, not a file", path, "name a file")
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        self._weights = {name: fingerprint_of_base(folder)[:16] for name, folder in folders.items()}
        if os.path.exists(path):
            drop_torn_line(path, {*task.columns, *self.made})
            if os.path.getsize(path):
                self._samples = read_samples(path, task, stop=False, made=self.made)
                self._demand_weights(path)

    def of(self, model: str, framing: str) -> list[Sample]:
        """Those of a model under a framing."""
        return [each for each in self._samples if (each.model, each.prompt_type) == (model, framing)]

    def add(self, samples: Sequence[Sample]) -> None:
        """Keep these, too."""
        self._samples.extend(samples)
        if self.path is not None:
            rows = (
                row_of(each, self.task) | self.made | {"weights": self._weights[each.model]}
                for each in samples
            )
            lines = [json.dumps(row, ensure_ascii=False) for row in rows]
            with open(self.path, "a", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in lines)
                file.flush()
                os.fsync(file.fileno())

    def _demand_weights(self, path: str) -> None:
        """Raises InputError where a model was trained on since it was asked."""
        for row in read_rows(path):
            name = str(row.fields["model_type"])
            if row.fields.get("weights") != self._weights.get(name, row.fields.get("weights")):
                raise InputError(f"{name!r} has other weights now", row.where, "name another file")


def drop_torn_line(path: str, columns: Set[str]) -> None:
    """Without the last line where a crash cut it off.

    columns: those of a file of kept samples. Raises InputError, and leaves the file as it is, where it is none.
    """
    with open(path, "r+b") as file:
        content = file.read()
        whole, line_end, _ = content.rpartition(b"\n")
        first = whole.split(b"\n", 1)[0]
        if content and not (line_end and all(f'"{column}": '.encode() in first for column in columns)):
            raise InputError("holds no samples of this task that were kept", path, "name another file")
        file.truncate(len(whole) + len(line_end))


def without_known(samples: Sequence[Sample], known: Mapping[str, int]) -> list[Sample]:
    """The samples of each prompt after the first so many, which a crash left in the file."""
    seen: Counter[str] = Counter()
    fresh = []
    for sample in samples:
        if seen[sample.prompt] >= known[sample.prompt]:
            fresh.append(sample)
        seen[sample.prompt] += 1
    return fresh
