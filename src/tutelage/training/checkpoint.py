"""Where a stage's state is kept between two starts: one file or, where ranks share the weights, a folder of parts.

Both hold the same state under the same names, and either is read by any number of processes.
"""

from __future__ import annotations

import io
import shutil
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.distributed.checkpoint.filesystem import FileSystemReader
from torch.distributed.checkpoint.metadata import TensorStorageMetadata
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Shard
from torch.distributed.tensor import empty as empty_shards

from tutelage.distributed import any_of, leads, size, told_by_leader
from tutelage.store import write_atomically

State = dict[str, Any]
"""What a trainer needs to go on: tensors, numbers, strings, and lists and dicts of them."""

OUTLINE = "outline.pt"
"""The state without its tensors, in a folder of parts."""
TENSOR = "a tensor"
"""What stands in the outline for one: under this key its name, and what its shards lie on, if it has any."""


class Checkpoint:
    """The last state of one stage. Every rank must call its methods; the first one writes the file."""

    def __init__(self, folder: Path, stage: str) -> None:
        self.file = folder / f"{stage}.pt"
        self.parts = folder / f"{stage}.parts"

    def __str__(self) -> str:
        return str(self.file if self._newest() is None else self.parts)

    def read(self) -> State | None:
        """What was written last; None where nothing was. Raises whatever torch does for what cannot be read."""
        place = self._last()
        if size() > 1:  # a folder of several machines need not look the same from each
            place = told_by_leader(place)
        if place is None:
            return None
        if place != self.file:
            return _read_parts(place)
        return dict(torch.load(self.file, map_location="cpu", weights_only=True))

    def write(self, state: State) -> None:
        """Keep a state instead of the last one: until all of the new one is on disk, the old one stays."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        if self._is_sharded(state):
            self._write_parts(state)
        elif leads():
            _write_file(self.file, state)
            shutil.rmtree(self.parts, ignore_errors=True)
        any_of(False)  # no rank goes on, or ends, before that

    def clear(self) -> None:
        """Remove it, once the stage's result is safely stored."""
        if leads():
            self.file.unlink(missing_ok=True)
            shutil.rmtree(self.parts, ignore_errors=True)

    def _is_sharded(self, state: Any) -> bool:
        if isinstance(state, dict):
            return any(map(self._is_sharded, state.values()))
        return isinstance(state, DTensor)

    def _newest(self) -> Path | None:
        """The last folder that was finished: its outline is written when all parts are there."""
        finished = [path for path in self.parts.glob("*") if (path / OUTLINE).exists()]
        return max(finished, key=lambda path: int(path.name), default=None)

    def _last(self) -> Path | None:
        """The newest of file and folders."""
        folder = self._newest()
        if folder is None or not self.file.exists():
            return folder or (self.file if self.file.exists() else None)
        newer = (folder / OUTLINE).stat().st_mtime_ns > self.file.stat().st_mtime_ns
        return folder if newer else self.file

    def _write_parts(self, state: State) -> None:
        earlier = self._newest()
        folder = told_by_leader(self.parts / str(0 if earlier is None else int(earlier.name) + 1))
        tensors: dict[str, Tensor] = {}
        outline = _taken_out(state, "", tensors)
        save(tensors, checkpoint_id=folder)  # returns when every rank has written
        if leads():
            _write_file(folder / OUTLINE, outline)
            self.file.unlink(missing_ok=True)
            for path in self.parts.glob("*"):
                if path != folder:
                    shutil.rmtree(path)


def _write_file(path: Path, content: Any) -> None:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_atomically(path, buffer.getvalue())


def _taken_out(state: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """The state with its tensors put aside."""
    if isinstance(state, Tensor):
        tensors[name] = state
        return {TENSOR: name, "on": state.device_mesh.device_type if isinstance(state, DTensor) else None}
    if isinstance(state, dict):
        return {key: _taken_out(each, f"{name}/{key}", tensors) for key, each in state.items()}
    if isinstance(state, list):
        return [_taken_out(each, f"{name}/{key}", tensors) for key, each in enumerate(state)]
    return state


def _put_back(outline: Any, found: Callable[[str, str | None], Tensor]) -> Any:
    """The state of an outline."""
    if isinstance(outline, dict) and TENSOR in outline:
        return found(outline[TENSOR], outline["on"])
    if isinstance(outline, dict):
        return {key: _put_back(each, found) for key, each in outline.items()}
    if isinstance(outline, list):
        return [_put_back(each, found) for each in outline]
    return outline


def _read_parts(folder: Path) -> State:
    """A state from its parts: in shards for as many ranks as there are now, and whole in one process."""
    known = FileSystemReader(folder).read_metadata().state_dict_metadata
    tensors: dict[str, Tensor] = {}
    mesh = cache(lambda device: init_device_mesh(device, (size(),)))

    def room_for(name: str, device: str | None) -> Tensor:
        described = known[name]
        assert isinstance(described, TensorStorageMetadata)
        shape, dtype = described.size, described.properties.dtype
        if device is None or size() == 1:
            tensors[name] = torch.empty(shape, dtype=dtype)
        else:
            tensors[name] = empty_shards(*shape, dtype=dtype, device_mesh=mesh(device), placements=[Shard(0)])
        return tensors[name]

    state: State = _put_back(torch.load(folder / OUTLINE, weights_only=True), room_for)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")  # so it is meant
        load(tensors, checkpoint_id=folder, no_dist=size() == 1)
    return state
