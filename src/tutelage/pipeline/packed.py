"""Packed pretraining text on disk: written once for these documents and this tokenizer, then mapped into memory."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor
from transformers import PreTrainedTokenizerBase

from tutelage.data.packing import rows_in, write_rows_of_tokens
from tutelage.distributed import leader_first

FORMAT = 2


@dataclass(frozen=True)
class PackedText:
    """Where rows lie that were packed before. content: what identifies the documents that they are packed from."""

    folder: Path
    content: str

    def rows(
        self,
        documents: Iterable[list[int]],
        tokenizer: PreTrainedTokenizerBase,
        length: int,
        most: int,
    ) -> Tensor:
        """(N, length) int32: the documents' tokens as at most so many rows; they are read only where none lie here."""
        made_from = [FORMAT, self.content, vocabulary_of(tokenizer), length, most]
        name = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:32]
        path = self.folder / f"{name}.bin"
        with leader_first():
            if not path.exists():
                write_rows_of_tokens(path, documents, length, int(tokenizer.eos_token_id), most)
        return rows_in(path, length)


def vocabulary_of(tokenizer: PreTrainedTokenizerBase) -> str:
    """Hash of everything that decides which tokens a text becomes."""
    fast = getattr(tokenizer, "backend_tokenizer", None)
    rules = json.dumps(sorted(tokenizer.get_vocab().items())) if fast is None else fast.to_str()
    return hashlib.sha256(f"{type(tokenizer).__name__} {tokenizer.eos_token_id} {rules}".encode()).hexdigest()
