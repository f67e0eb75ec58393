"""What was answered survives any end of the process, and no other file suffers for it."""

import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tutelage.labelers.judge.cache import Cache, Reply
from tutelage.schema import InputError, RunError


def reply(number: int, text: str = "VERDICT: A") -> Reply:
    return Reply(key=f"{number:064x}", text=text, prompt_tokens=number, completion_tokens=2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A cache with two replies."""
    path = tmp_path / "new" / "judge.jsonl"
    with Cache(path) as cache:
        cache.add(reply(1))
        cache.add(reply(2, 'two\nlines "quoted" \r and \u2028 – ü'))
    return path


def test_one_line_a_reply_and_the_same_when_read(path: Path) -> None:
    assert [json.loads(line)["key"] for line in path.read_bytes().splitlines()] == [
        reply(1).key,
        reply(2).key,
    ]
    with Cache(path) as cache:
        assert len(cache) == 2
        assert cache.get(reply(2).key) == reply(2, 'two\nlines "quoted" \r and \u2028 – ü')
        assert cache.get(reply(3).key) is None


def test_a_reply_is_on_the_disk_when_it_is_added(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(path.read_bytes()))
    with Cache(path) as cache:
        cache.add(reply(3))
        assert synced == [path.read_bytes()]
        assert synced[0].splitlines()[-1] == reply(3).model_dump_json().encode()


def test_a_line_cut_anywhere_is_dropped_and_the_others_stay(path: Path) -> None:
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first, len(whole)):
        path.write_bytes(whole[:cut])
        with Cache(path) as cache:
            # a line that lacks nothing but its end is as good as any
            assert len(cache) == (2 if cut == len(whole) - 1 else 1)
            cache.add(reply(3))
        with Cache(path) as cache:
            assert cache.get(reply(1).key) == reply(1)
            assert cache.get(reply(3).key) == reply(3)


def test_the_first_line_may_be_the_cut_one(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:30])
    with Cache(path) as cache:
        assert len(cache) == 0
        cache.add(reply(1))
    assert path.read_bytes() == reply(1).model_dump_json().encode() + b"\n"


@pytest.mark.parametrize("broken", [b'{"key":"12\n', b"\n", b'{"key":"", "text":"x"}\n', b"\xff\n"])
def test_a_broken_line_elsewhere_is_refused(path: Path, broken: bytes) -> None:
    first, second = path.read_bytes().splitlines(keepends=True)
    content = first + broken + second
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"judge\.jsonl:2: is no line of a judge's cache; remove the line"):
        Cache(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", ['{"prompt": "an evening\'s work"}', "Dear diary", "a\nb\n"])
def test_another_file_is_refused_and_left_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text(content)
    with pytest.raises(InputError, match=r"prompts\.jsonl:1: is no line"):
        Cache(path)
    assert path.read_text() == content


def test_a_folder_is_no_cache(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be a judge's cache: Is a directory"):
        Cache(tmp_path)


def test_one_at_a_time_has_it(path: Path) -> None:
    with Cache(path), pytest.raises(InputError, match=r"^\S+: another process is judging.*; wait") as refused:
        Cache(path)
    assert "\n" not in str(refused.value)
    Cache(path).close()


def test_a_refused_cache_is_let_go_of(path: Path) -> None:
    good = path.read_bytes()
    path.write_bytes(b"x\n" + good)
    with pytest.raises(InputError):
        Cache(path)
    path.write_bytes(good)
    Cache(path).close()


def test_threads_do_not_mix_their_lines(path: Path) -> None:
    with Cache(path) as cache, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: cache.add(reply(number, "x" * 5000)), range(10, 200)))
    with Cache(path) as cache:
        assert len(cache) == 192


def test_a_full_disk_leaves_no_half_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Cache(path) as cache:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with pytest.raises(RunError, match=r"cannot keep what was answered: No space left"):
                cache.add(reply(3))
        assert cache.get(reply(3).key) is None
        assert path.read_bytes() == before
        cache.add(reply(4))
    assert path.read_bytes() == before + reply(4).model_dump_json().encode() + b"\n"
