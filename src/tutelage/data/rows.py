"""Files of rows: JSON Lines and CSV, plain or gzipped, Parquet; or data sets of the hub. Knows no record.

Each row comes with its place, so that whoever refuses it can say where it stands.
"""

import csv
import gzip
import hashlib
import io
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tutelage.data.hub_rows import content_of, data_set_of, data_set_rows
from tutelage.hub import HubName
from tutelage.schema import InputError, nearest
from tutelage.store import atomic_file

SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet")
"""What is written."""
READ = (*SUFFIXES, ".csv", ".csv.gz")
"""What is read."""
LARGEST_CELL = 2**31 - 1


@dataclass(frozen=True)
class Row:
    """One row of a file, and its place in it: `file:line`, or `file: row N` where there are no lines."""

    where: str
    fields: Mapping[str, Any]


def read_rows(path: str | os.PathLike[str], *, streaming: bool = False) -> Iterator[Row]:
    """The rows of a file, or of a data set: a folder's, or the hub's where no file has that name.

    streaming: read the hub's over the network without keeping them; see `data.hub_rows`.

    Raises:
        InputError: no such file, another format, or a line that is not a JSON object.
    """
    name = os.fspath(path)
    data_set = data_set_named(name)
    if data_set is not None:
        rows = data_set_rows(name, data_set, streaming=streaming)
        return (Row(f"{name}: row {number}", fields) for number, fields in enumerate(rows, start=1))
    if not os.path.exists(name):
        raise InputError("no such file", name, _remedy_for_missing(Path(name)))
    _require_no_folder(name)
    if name.endswith(".parquet"):
        return _parquet_rows(name)
    if name.endswith((".jsonl", ".jsonl.gz")):
        return _json_rows(name)
    if name.endswith((".csv", ".csv.gz")):
        return _csv_rows(name)
    raise InputError("not a known format", name, f"give a file that ends in {', '.join(READ)}")


def data_set_named(name: str) -> HubName | None:
    """The data set that is meant where a name is no file's; None where a file is."""
    if os.path.isfile(name) or name.endswith(READ):
        return None
    return data_set_of(name)


def content_of_rows(name: str) -> str | None:
    """Hash of a file, or what identifies a data set: the hub's by its commit. None where there is neither."""
    if os.path.isfile(name):
        with open(name, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    data_set = data_set_named(name)
    return None if data_set is None else content_of(name, data_set)


def write_rows(path: str | os.PathLike[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a whole file, in the format that its name's ending says, atomically.

    Raises:
        InputError: the ending is of no known format.
    """
    name = os.fspath(path)
    if not name.endswith(SUFFIXES):
        raise InputError("not a known format", name, f"choose a name that ends in {', '.join(SUFFIXES)}")
    _require_no_folder(name)
    with atomic_file(name) as temporary:
        if name.endswith(".parquet"):
            _parquet(name).write_table(_arrow_table(rows), temporary)
            return
        lines = (json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
        with open(temporary, "wb") as file:
            if name.endswith(".gz"):
                # no name and time inside, so that the same rows make the same bytes
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as zipped:
                    zipped.writelines(lines)
            else:
                file.writelines(lines)


def _require_no_folder(name: str) -> None:
    if os.path.isdir(name):
        raise InputError("this is a folder, not a file", name, "name a file")


def _json_rows(name: str) -> Iterator[Row]:
    with gzip.open(name, "rb") if name.endswith(".gz") else open(name, "rb") as file:
        number = 0
        try:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield Row(f"{name}:{number}", _json_object(line, f"{name}:{number}"))
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputError(
                f"broken gzip data: {error}", f"{name}:{number + 1}", "fetch or pack the file again"
            ) from error


def _csv_rows(name: str) -> Iterator[Row]:
    """Rows of texts by the names in the first line; an empty cell is None, a column without a name no column."""
    csv.field_size_limit(LARGEST_CELL)
    number = 0
    try:
        with gzip.open(name, "rb") if name.endswith(".gz") else open(name, "rb") as file:
            reader = csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline=""), strict=True)
            head = next(reader, [])
            number = reader.line_num
            _demand_names(name, head)
            for cells in reader:
                where, number = f"{name}:{number + 1}", reader.line_num
                if not cells:
                    continue  # an empty line
                if len(cells) != len(head):
                    told = f"{len(cells)} cells, where the first line names {len(head)}"
                    raise InputError(told, where, "put cells with commas into quotation marks")
                yield Row(where, {key: cell or None for key, cell in zip(head, cells, strict=True) if key})
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"broken gzip data: {error}", name, "fetch or pack the file again") from error
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8", f"{name}:{number + 1}", "save the file as UTF-8") from error
    except csv.Error as error:
        raise InputError(f"not CSV: {error}", f"{name}:{number + 1}", "check the quotation marks") from error


def _demand_names(name: str, head: list[str]) -> None:
    """Raises InputError for a first line that does not name columns: one name twice, or other separators."""
    twice = next((column for column in head if column and head.count(column) > 1), None)
    if twice is not None:
        raise InputError(f"two columns are named {twice!r}", f"{name}:1", "keep one of them")
    if len(head) == 1 and (";" in head[0] or "\t" in head[0]):
        raise InputError("the columns are not separated by commas", f"{name}:1", "save the file with commas")


def _json_object(line: bytes, where: str) -> Mapping[str, Any]:
    try:
        value = json.loads(line.decode("utf-8-sig").rstrip(), object_pairs_hook=partial(_distinct, where))
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start + 1}", where, "save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        raise InputError(
            f"not JSON at column {error.colno}: {error.msg}", where, "write one JSON object a line"
        ) from error
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, brackets nested as deep
        raise InputError(
            f"not usable as JSON: {error}", where, "write numbers and nesting of ordinary size"
        ) from error
    if not isinstance(value, dict):
        raise InputError("not a JSON object", where, 'write {"field": value, …}')
    return value


def _distinct(where: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object by its keys; of two values with one key, Python would silently take the last."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InputError(f"{twice!r} is there twice in one object", where, "keep one of them")
    return fields


def _parquet_rows(name: str) -> Iterator[Row]:
    parquet = _parquet(name)
    import pyarrow

    try:
        number = 0
        with parquet.ParquetFile(name) as file:
            for batch in file.iter_batches():
                for fields in batch.to_pylist():
                    number += 1
                    yield Row(f"{name}: row {number}", fields)
    except pyarrow.ArrowInvalid as error:
        raise InputError(f"not a Parquet file: {error}", name) from error


def _parquet(name: str) -> Any:
    if find_spec("pyarrow") is None:
        raise InputError(
            "pyarrow, which reads Parquet, is not installed", name, "pip install 'tutelage[parquet]'"
        )
    import pyarrow.parquet

    return pyarrow.parquet


def _arrow_table(rows: Iterable[Mapping[str, Any]]) -> Any:
    import pyarrow

    rows = list(rows)
    # pyarrow takes its columns from the first row alone, which may lack the optional ones
    names = dict.fromkeys(name for row in rows for name in row)
    return pyarrow.Table.from_pydict({name: [row.get(name) for row in rows] for name in names})


def _remedy_for_missing(path: Path) -> str | None:
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    found = nearest(path.name, (sibling.name for sibling in path.parent.iterdir()))
    if found:
        return f"did you mean {path.parent / found}?"
    return None
