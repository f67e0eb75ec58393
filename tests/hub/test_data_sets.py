"""Data sets by their names on the hub: configurations, splits, revisions, without a network, and a row at a time."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from tests.hub.mirror import Mirror, commit

from tutelage.data import Reading, read_prompts
from tutelage.data.rows import content_of_rows
from tutelage.hub import commit_of
from tutelage.schema import InputError, Split

HEAD = b"""---
configs:
- config_name: english
  default: true
  data_files: [{split: train, path: en/train.jsonl}, {split: test_prefs, path: en/test.jsonl}]
- config_name: latin
  data_files: [{split: train, path: la/*.jsonl}]
---
"""


def lines(*texts: str) -> bytes:
    return "".join(f"{json.dumps({'prompt': text})}\n" for text in texts).encode()


def table(*texts: str) -> bytes:
    written = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"prompt": list(texts)}), written)
    return written.getvalue()


FILES = {
    "README.md": HEAD,
    "en/train.jsonl": lines("one", "two"),
    "en/test.jsonl": lines("three"),
    "la/1.jsonl": lines("unus"),
    "la/2.jsonl": lines("duo"),
}


def texts(name: str, reading: Reading | None = None) -> list[str]:
    return [prompt.text for prompt in read_prompts(name, reading or Reading())]


def refusal(name: str, reading: Reading | None = None) -> str:
    with pytest.raises(InputError) as caught:
        texts(name, reading)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_configurations_splits_and_revisions(mirror: Mirror) -> None:
    first = mirror.add("datasets/org/d", FILES)
    second = mirror.add("datasets/org/d", {**FILES, "en/train.jsonl": lines("new")}, number=2)
    assert texts("org/d") == ["new"]
    assert texts(f"org/d@{first}") == ["one", "two"]
    assert texts("org/d::test_prefs") == ["three"]
    assert texts(f"org/d@{first}:latin") == ["unus", "duo"]
    assert texts("org/d:latin:train") == ["unus", "duo"]
    assert content_of_rows("org/d:latin") == second
    mirror.add("datasets/org/tables", {"train-00000-of-00001.parquet": table("unus")})
    assert texts("org/tables") == ["unus"]


def test_a_held_out_split_stays_held_out(mirror: Mirror) -> None:
    mirror.add("datasets/org/d", FILES)
    assert [prompt.split for prompt in read_prompts("org/d")] == [None, None]
    assert [prompt.split for prompt in read_prompts("org/d::test_prefs")] == [Split.test]


def test_what_a_data_set_does_not_have(mirror: Mirror) -> None:
    mirror.add("datasets/org/d", FILES)
    mirror.add("datasets/org/pictures", {"a.png": b""})
    assert "Bad split: valid. Available splits: ['train', 'test_prefs']" in refusal("org/d::valid")
    assert "'greek' not found. Available: ['english', 'latin']" in refusal("org/d:greek")
    assert refusal("org/pictures").startswith("org/pictures: the data set cannot be read: ")
    assert refusal("org/e").startswith("org/e: no such file, and the hub has no such data set")
    assert refusal("org/d@test").endswith("a split is written OWNER/NAME::SPLIT")


def test_rows_are_named_by_their_number(mirror: Mirror) -> None:
    mirror.add("datasets/org/d", {"train.jsonl": lines("one", " ")})
    assert refusal("org/d") == "org/d: row 2: prompt: the text is empty; write it or leave the record out"


def test_offline_it_comes_from_the_cache(mirror: Mirror, offline: Callable[[], None]) -> None:
    mirror.add("datasets/org/d", FILES)
    texts("org/d")
    offline()
    asked = len(mirror.asked)
    assert texts("org/d::test_prefs") == ["three"]
    assert content_of_rows("org/d") == commit(1)
    assert "is not in the hub's cache" in refusal("org/other")
    assert len(mirror.asked) == asked


def test_a_cache_that_other_tools_filled_is_enough(cache: Path, offline: Callable[[], None]) -> None:
    repository = cache / "datasets--org--d"
    for folder in ("refs", "blobs", f"snapshots/{commit(4)}"):
        (repository / folder).mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit(4))
    (repository / "blobs" / "content").write_bytes(lines("one"))
    (repository / "snapshots" / commit(4) / "train.jsonl").symlink_to("../../blobs/content")
    offline()
    assert texts("org/d") == ["one"]


def test_a_folder_laid_out_as_a_data_set_is_one(cache: Path, tmp_path: Path) -> None:
    """A clone of a repository, read where it lies."""
    for name, content in FILES.items():
        (tmp_path / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "clone" / name).write_bytes(content)
    assert texts(str(tmp_path / "clone")) == ["one", "two"]
    assert texts(f"{tmp_path / 'clone'}:latin") == ["unus", "duo"]
    before = content_of_rows(str(tmp_path / "clone"))
    (tmp_path / "clone" / "en" / "train.jsonl").write_bytes(lines("other"))
    assert content_of_rows(str(tmp_path / "clone")) != before


def test_offline_nothing_can_be_streamed(mirror: Mirror, offline: Callable[[], None]) -> None:
    mirror.add("datasets/org/d", FILES)
    texts("org/d")
    offline()
    told = refusal("org/d", Reading(streaming=True))
    assert told.startswith("org/d: the data set cannot be read: ")
    assert "ffline" in told


def test_streamed_nothing_is_kept(mirror: Mirror, cache: Path) -> None:
    mirror.add("datasets/org/d", FILES)
    streamed = Reading(streaming=True)
    assert texts("org/d", streamed) == ["one", "two"]
    assert texts("org/d:latin", streamed) == ["unus", "duo"]
    assert not list(cache.rglob("*.jsonl"))
    assert texts("org/d") == ["one", "two"]
    assert [path.name for path in cache.rglob("*.jsonl")].count("train.jsonl") == 1
    assert refusal("org/e", streamed).startswith("org/e: no such file, and the hub has no such data set")
    commit_of.cache_clear()
