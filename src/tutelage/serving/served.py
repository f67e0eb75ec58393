"""One served model: how texts become its tokens, and what its tokens are called."""

import copy
import hashlib
import threading
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import torch
from torch import nn
from transformers import PreTrainedModel

from tutelage.data.template import Template
from tutelage.rollout import Sampler
from tutelage.serving.errors import ApiError

WEIGHTS = 64
"""Of every tensor, so many enter the fingerprint."""

PLAIN = Template(prefix="", suffix="")


class Served:
    """A sampler under a name. May be used from several threads."""

    def __init__(self, name: str, sampler: Sampler, longest_answer: int, folder: str | None = None) -> None:
        """longest_answer: tokens of a completion that does not say how long it may be."""
        self.name = name
        self.sampler = sampler
        self.longest_answer = longest_answer
        self.context = int(getattr(sampler.model.config, "max_position_embeddings", 0)) or 1 << 30
        self.created = int(Path(folder).stat().st_mtime if folder and Path(folder).exists() else time.time())
        self.fingerprint = fingerprint(sampler.model)
        # the sampling thread decodes with the sampler's own, and a tokenizer is one thread's at a time
        self._tokenizer = copy.deepcopy(sampler.tokenizer)
        self._lock = threading.Lock()
        self._anchor = self._tokenizer.encode("a", add_special_tokens=False)
        self._names: dict[int, str] = {}

    def encode_question(self, text: str) -> tuple[int, ...]:
        """The tokens of a prompt in the model's template."""
        with self._lock:
            return tuple(self.sampler.template.encode_prompt(self._tokenizer, text))

    def encode_text(self, text: str) -> tuple[int, ...]:
        """The tokens of a text that stands for itself; a special token spelled out in it is those letters."""
        with self._lock:
            return tuple(PLAIN.encode_prompt(self._tokenizer, text))

    def check_tokens(self, tokens: Sequence[int]) -> tuple[int, ...]:
        """Tokens that somebody else made. Raises ApiError for one that the model does not have."""
        embeddings = self.sampler.model.get_input_embeddings()
        assert isinstance(embeddings, nn.Embedding)
        known = embeddings.num_embeddings
        if any(token >= known for token in tokens):
            raise ApiError(400, f"the model's tokens are 0 to {known - 1}", "invalid_value", param="prompt")
        return tuple(tokens)

    def token_name(self, token: int) -> str:
        """What a token adds to a text, or the name of a special one; a part of a character is U+FFFD."""
        if token not in self._names:
            with self._lock:
                self._names[token] = self._name(token)
        return self._names[token]

    def _name(self, token: int) -> str:
        if token in self._tokenizer.all_special_ids:
            return str(self._tokenizer.convert_ids_to_tokens(token))
        # alone, a token may lose the space that it begins with
        before, both = (
            str(self._tokenizer.decode(ids, clean_up_tokenization_spaces=False))
            for ids in (self._anchor, [*self._anchor, token])
        )
        return both[len(before) :]


def fingerprint(model: PreTrainedModel) -> str:
    """A name for the weights and this program: where it is the same, a seed gives the same answer."""
    digest = hashlib.sha256(f"{version('tutelage')} {torch.__version__}".encode())
    for name, weight in model.named_parameters():
        first = weight.detach().flatten()[:WEIGHTS].float().cpu().numpy().tobytes()
        digest.update(f"{name} {tuple(weight.shape)}".encode() + first)
    return f"fp_{digest.hexdigest()[:12]}"
