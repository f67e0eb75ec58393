"""Files and folders that are either wholly there or not at all, whenever the process dies."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A path to write to, which takes `path`'s place when the block ends well, else goes away."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
        # the file keeps its name, by whose ending writers choose a format
        temporary = Path(folder) / target.name
        yield temporary
        _flush(temporary)
        os.replace(temporary, target)
    _flush(target.parent)


def write_atomically(path: str | os.PathLike[str], content: bytes | str) -> None:
    """Write a whole file; text as UTF-8. A reader sees the old content or the new, never a part."""
    with atomic_file(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A new empty folder to fill; it replaces `path` as a whole when the block ends well, else it goes away.

    Between the two renames of a replacement `path` is missing for a moment; the old folder then lies beside
    it under a name that begins with a dot.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
        temporary = Path(folder) / "new"
        temporary.mkdir()
        yield temporary
        for name in [*temporary.rglob("*"), temporary]:
            _flush(name)
        if target.exists():
            os.replace(target, Path(folder) / "old")
        os.replace(temporary, target)
        _flush(target.parent)
        shutil.rmtree(Path(folder) / "old", ignore_errors=True)


def _flush(path: Path) -> None:
    """Have the disk hold the file's bytes, or a folder's names, before what depends on them is done."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
