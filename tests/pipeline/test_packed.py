"""Text packed on disk: the same rows as in memory, found again, and never more of it in memory than passes at once."""

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tests.data.conftest import byte_tokenizer
from transformers import PreTrainedTokenizerBase

from tutelage.data import pack_rows, prompts_in, read_documents
from tutelage.pipeline import encoding
from tutelage.pipeline.encoding import encode_documents, fills_a_row
from tutelage.pipeline.packed import PackedText
from tutelage.training.order import rows_at

PAGES = [f"the cat sat on the mat {number} times " * (number % 7) for number in range(50)]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    return byte_tokenizer()


def once(pages: list[str]) -> Iterator[str]:
    """Pages that are read only where they must be."""
    yield from pages


@pytest.mark.parametrize("most", [1, 7, 10**6])
def test_rows_on_disk_are_those_in_memory(
    tokenizer: PreTrainedTokenizerBase, tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "CHARACTERS_AT_ONCE", 100)
    packed = PackedText(tmp_path, "pages")
    tokens = [tokenizer.encode(page, add_special_tokens=False) for page in PAGES]
    expected = pack_rows(tokens, 16, int(tokenizer.eos_token_id))[:most]
    rows = encode_documents(once(PAGES), tokenizer, 16, most, packed)
    assert torch.equal(rows, expected)
    assert torch.equal(encode_documents(once(PAGES), tokenizer, 16, most), expected)
    batch = rows_at(rows, 0, 4, seed=1)  # what trainers take from them
    assert batch.dtype == torch.int64
    assert torch.equal(batch, rows_at(expected, 0, 4, seed=1))


def test_documents_begin_as_the_tokenizer_begins_a_text() -> None:
    coder = byte_tokenizer(adds_bos=True)
    rows = encode_documents(once(["the cat", "hello world"]), coder, 4, 9)
    whole = [token for page in ("the cat", "hello world") for token in (*coder(page)["input_ids"], 0)]
    assert rows.flatten().tolist() == whole[: len(whole) // 4 * 4]
    assert rows.flatten().tolist().count(coder.bos_token_id) == 2
    assert fills_a_row(once(["the cat"]), coder, len(coder("the cat")["input_ids"]) + 1)
    assert not fills_a_row(once(["the cat"]), coder, len(coder("the cat")["input_ids"]) + 2)


def test_what_is_packed_is_found_again_for_the_same_text_alone(
    tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    def unread() -> Iterator[str]:
        raise AssertionError("read again")
        yield ""

    packed = PackedText(tmp_path / "packed", "pages")
    rows = encode_documents(once(PAGES), tokenizer, 16, 9, packed)
    assert torch.equal(encode_documents(unread(), tokenizer, 16, 9, packed), rows)
    other = byte_tokenizer()
    other.eos_token = "<|pad|>"
    for place, coder, length, most in (
        (PackedText(tmp_path / "packed", "other pages"), tokenizer, 16, 9),
        (packed, other, 16, 9),
        (packed, tokenizer, 8, 9),
        (packed, tokenizer, 16, 8),
    ):
        with pytest.raises(AssertionError, match="read again"):
            encode_documents(unread(), coder, length, most, place)
    assert len(list((tmp_path / "packed").iterdir())) == 1  # what broke off left nothing


def test_too_little_text_is_no_row(tokenizer: PreTrainedTokenizerBase, tmp_path: Path) -> None:
    packed = PackedText(tmp_path, "pages")
    for _ in range(2):
        assert encode_documents(once(["the cat"]), tokenizer, 64, 9, packed).shape == (0, 64)


def peak(place: Path, tokenizer: PreTrainedTokenizerBase, megabytes: int) -> tuple[int, int]:
    """Bytes of Python's memory while a file of documents is packed, at the highest; and tokens that came of it."""
    path = place / f"{megabytes}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(megabytes * 500):
            file.write(json.dumps({"text": f"{number} the cat sat on the mat ".ljust(1000, "x")}) + "\n")
    pages = (document.text for document in read_documents(path))
    tracemalloc.start()
    try:
        rows = encode_documents(pages, tokenizer, 128, 10**9, PackedText(place, str(megabytes)))
        return tracemalloc.get_traced_memory()[1], rows.numel()
    finally:
        tracemalloc.stop()


def test_memory_stays_flat_however_long_the_text(
    tokenizer: PreTrainedTokenizerBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three times the text, three times the tokens and the same memory: less than they take at a byte each."""
    monkeypatch.setattr(encoding, "CHARACTERS_AT_ONCE", 20_000)
    small, few = peak(tmp_path, tokenizer, 1)
    large, many = peak(tmp_path, tokenizer, 3)
    assert many > 2.9 * few
    assert large < 1.1 * small + 50_000
    assert large < many


def test_records_come_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(3000):
            file.write(json.dumps({"prompt": f"{number} ".ljust(1000, "x")}) + "\n")
    tracemalloc.start()
    try:
        assert sum(len(prompt.text) for prompt in prompts_in(path)) == 3_000_000
        assert tracemalloc.get_traced_memory()[1] < 300_000
    finally:
        tracemalloc.stop()
