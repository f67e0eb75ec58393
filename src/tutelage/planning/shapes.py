"""The sizes of decoders: read from a transformers configuration, or known by name, for which no weights are needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tutelage.hub import HubName
from tutelage.recipe import ArchitectureRecipe, LoraRecipe
from tutelage.schema import InputError, suggestion


@dataclass(frozen=True)
class Shape:
    """A decoder's sizes, and with them its parameters."""

    width: int
    """Of the residual stream."""
    layers: int
    heads: int
    key_heads: int
    """Heads of keys and values; fewer than `heads` where several share one."""
    head_size: int
    inner: int
    """Width within the feed-forward layer."""
    gated: bool
    """Whether that layer has a third matrix, as Llama's has."""
    vocabulary: int
    context: int
    tied: bool
    """Whether embedding and unembedding are one matrix."""
    layer_vectors: int
    """Weights of norms and biases in a layer, which no token is multiplied with as with a matrix."""
    positions: int = 0
    """Rows of a learned embedding of positions."""
    final_vectors: int = 1
    """Vectors of the last norm."""

    @property
    def layer_matrices(self) -> int:
        """Weights in the matrices of a layer."""
        attention = 2 * self.width * self.head_size * (self.heads + self.key_heads)
        return attention + (3 if self.gated else 2) * self.width * self.inner

    @property
    def body(self) -> int:
        """Weights in the matrices of all layers: every token is multiplied with each."""
        return self.layers * self.layer_matrices

    @property
    def linear(self) -> dict[str, tuple[int, int]]:
        """The matrices of a layer, (in, out), by the names that most families give them."""
        own, shared = self.heads * self.head_size, self.key_heads * self.head_size
        attention = {
            "q_proj": (self.width, own),
            "k_proj": (self.width, shared),
            "v_proj": (self.width, shared),
            "o_proj": (own, self.width),
        }
        feeding = ("gate_proj", "up_proj") if self.gated else ("up_proj",)
        into = dict.fromkeys(feeding, (self.width, self.inner))
        return attention | into | {"down_proj": (self.inner, self.width)}

    def adapter(self, lora: LoraRecipe) -> int:
        """Parameters of a low-rank adapter. Raises InputError for layers not in `linear`, or a rank that none has."""
        unknown = sorted(set(lora.layers or ()) - set(self.linear))
        if unknown:
            raise InputError(
                f"the plan knows no layers named {', '.join(map(repr, unknown))}",
                "lora.layers",
                f"it knows {', '.join(self.linear)}; null plans for all of them",
            )
        sides = [sizes for name, sizes in self.linear.items() if name in (lora.layers or self.linear)]
        highest = max(map(min, sides))
        if lora.rank > highest:
            raise InputError(f"the matrices have no rank above {highest}", "lora.rank", "take a lower one")
        return self.layers * lora.rank * sum(map(sum, sides))

    @property
    def head(self) -> int:
        """Weights of the unembedding: every token that predicts another is multiplied with each."""
        return self.width * self.vocabulary

    @property
    def scalar(self) -> int:
        """Parameters of a reward or value model: a head of one output in place of the unembedding."""
        return self._backbone + self.width

    @property
    def parameters(self) -> int:
        """Of the language model."""
        return self._backbone + (0 if self.tied else self.head)

    @property
    def _backbone(self) -> int:
        outside = self.head + self.width * (self.positions + self.final_vectors)
        return outside + self.layers * (self.layer_matrices + self.layer_vectors)


def llama(
    width: int,
    layers: int,
    heads: int,
    inner: int,
    vocabulary: int,
    *,
    context: int,
    key_heads: int | None = None,
    head_size: int | None = None,
    tied: bool = False,
    norms: int = 2,
    query_biases: bool = False,
    head_norms: bool = False,
) -> Shape:
    """A decoder with rotary positions and a gated feed-forward layer.

    norms: a layer's. query_biases: queries, keys and values have them. head_norms: queries and keys are normed.
    """
    key_heads, head_size = key_heads or heads, head_size or width // heads
    vectors = norms * width
    vectors += (heads + 2 * key_heads) * head_size if query_biases else 0
    vectors += 2 * head_size if head_norms else 0
    return Shape(width, layers, heads, key_heads, head_size, inner, True, vocabulary, context, tied, vectors)


def gpt(
    width: int,
    layers: int,
    heads: int,
    inner: int,
    vocabulary: int,
    context: int,
    positions: int | None = None,
) -> Shape:
    """A decoder with learned positions, biases, and a feed-forward layer of two matrices."""
    vectors = 4 * width + 4 * width + inner + width
    return Shape(
        width=width,
        layers=layers,
        heads=heads,
        key_heads=heads,
        head_size=width // heads,
        inner=inner,
        gated=False,
        vocabulary=vocabulary,
        context=context,
        tied=True,
        layer_vectors=vectors,
        positions=context if positions is None else positions,
        final_vectors=2,
    )


def opt(width: int, layers: int, heads: int) -> Shape:
    """One of the OPT models, whose positions are counted from 2."""
    return gpt(width, layers, heads, 4 * width, 50272, 2048, 2050)


def qwen2(
    width: int, layers: int, heads: int, key_heads: int, inner: int, vocabulary: int, tied: bool = False
) -> Shape:
    """One of the Qwen 2.5 models."""
    return llama(
        width,
        layers,
        heads,
        inner,
        vocabulary,
        context=32768,
        key_heads=key_heads,
        tied=tied,
        query_biases=True,
    )


def qwen3(width: int, layers: int, heads: int, inner: int, tied: bool = False) -> Shape:
    """One of the dense Qwen 3 models."""
    return llama(
        width,
        layers,
        heads,
        inner,
        151936,
        context=32768,
        key_heads=8,
        head_size=128,
        tied=tied,
        head_norms=True,
    )


def llama3(width: int, layers: int, heads: int, inner: int, tied: bool = False) -> Shape:
    """One of the Llama 3 models."""
    return llama(width, layers, heads, inner, 128256, context=131072, key_heads=8, tied=tied)


GPT3_TOKENS = 300_000_000_000
"""That GPT-3 was pretrained on (Brown et al. 2020, Table D.1)."""

KNOWN: Mapping[str, Shape] = {
    # Brown et al. 2020, Table 2.1, of which the 6.7B is the paper's 6B; 16 heads, for 24 of 128 are not 2048
    "gpt3-1.3b": gpt(2048, 24, 16, 8192, 50257, 2048),
    "gpt3-6b": gpt(4096, 32, 32, 16384, 50257, 2048),
    "gpt3-175b": gpt(12288, 96, 96, 49152, 50257, 2048),
    "openai-community/gpt2": gpt(768, 12, 12, 3072, 50257, 1024),
    "HuggingFaceTB/SmolLM2-135M": llama(576, 30, 9, 1536, 49152, context=8192, key_heads=3, tied=True),
    "HuggingFaceTB/SmolLM2-360M": llama(960, 32, 15, 2560, 49152, context=8192, key_heads=5, tied=True),
    "HuggingFaceTB/SmolLM2-1.7B": llama(2048, 24, 32, 8192, 49152, context=8192, tied=True),
    "Qwen/Qwen2.5-0.5B": qwen2(896, 24, 14, 2, 4864, 151936, tied=True),
    "Qwen/Qwen2.5-1.5B": qwen2(1536, 28, 12, 2, 8960, 151936, tied=True),
    "Qwen/Qwen2.5-3B": qwen2(2048, 36, 16, 2, 11008, 151936, tied=True),
    "Qwen/Qwen2.5-7B": qwen2(3584, 28, 28, 4, 18944, 152064),
    "Qwen/Qwen2.5-14B": qwen2(5120, 48, 40, 8, 13824, 152064),
    "Qwen/Qwen2.5-32B": qwen2(5120, 64, 40, 8, 27648, 152064),
    "Qwen/Qwen2.5-72B": qwen2(8192, 80, 64, 8, 29568, 152064),
    "Qwen/Qwen3-0.6B": qwen3(1024, 28, 16, 3072, tied=True),
    "Qwen/Qwen3-1.7B": qwen3(2048, 28, 16, 6144, tied=True),
    "Qwen/Qwen3-4B": qwen3(2560, 36, 32, 9728, tied=True),
    "Qwen/Qwen3-8B": qwen3(4096, 36, 32, 12288),
    "meta-llama/Llama-2-7b-hf": llama(4096, 32, 32, 11008, 32000, context=4096),
    "meta-llama/Llama-2-13b-hf": llama(5120, 40, 40, 13824, 32000, context=4096),
    "meta-llama/Llama-2-70b-hf": llama(8192, 80, 64, 28672, 32000, context=4096, key_heads=8),
    "meta-llama/Llama-3.2-1B": llama3(2048, 16, 32, 8192, tied=True),
    "meta-llama/Llama-3.2-3B": llama3(3072, 28, 24, 8192, tied=True),
    "meta-llama/Llama-3.1-8B": llama3(4096, 32, 32, 14336),
    "meta-llama/Llama-3.1-70B": llama3(8192, 80, 64, 28672),
    "google/gemma-2-2b": llama(
        2304, 26, 8, 9216, 256000, context=8192, key_heads=4, head_size=256, tied=True, norms=4
    ),
    "google/gemma-3-1b": llama(
        1152,
        26,
        4,
        6912,
        262144,
        context=32768,
        key_heads=1,
        head_size=256,
        tied=True,
        norms=4,
        head_norms=True,
    ),
    "facebook/opt-1.3b": opt(2048, 24, 32),
    "facebook/opt-6.7b": opt(4096, 32, 32),
    "facebook/opt-13b": opt(5120, 40, 40),
    "facebook/opt-30b": opt(7168, 48, 56),
    "facebook/opt-66b": opt(9216, 64, 72),
}
"""By the hub's name, or for GPT-3, whose weights are not public, by one of ours."""

TUNED = ("-Instruct", "-Base", "-instruct", "-it", "-pt", "-hf")
"""Endings of the hub's names that say how a model was trained, and nothing of its sizes."""

TIED = ("gpt2", "gemma", "gemma2", "gemma3_text", "opt")
"""Families whose embedding and unembedding are one matrix where the configuration does not say."""
GPT_LIKE = ("gpt2", "opt")
"""Families with learned positions and without a gate in the feed-forward layer."""
FOUR_NORMS = ("gemma2", "gemma3_text")
"""Families that also norm what a layer adds; others norm what it reads."""
HEAD_NORMS = ("qwen3", "gemma3_text")
"""Families that norm the queries and keys of each head."""


def shape_of(model: str) -> Shape:
    """Of a transformers folder, a config.json, or a name that is known. Raises InputError where there is none such."""
    path = Path(model)
    if path.is_dir():
        path = path / "config.json"
    if path.is_file():
        return read_configuration(path)
    name = HubName.parse(model)
    for ending in ("", *TUNED):
        known = (model if name is None else name.repository).removesuffix(ending)
        if known in KNOWN:
            return KNOWN[known]
    raise InputError(
        f"the sizes of {model!r} are not known",
        where="--model",
        remedy=f"give a transformers folder, its config.json or a known name; {suggestion(model, list(KNOWN))}",
    )


def read_configuration(path: Path) -> Shape:
    """The sizes in a transformers config.json. Raises InputError where it says too little."""
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        return from_configuration(written.get("text_config", written))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"no configuration of a decoder ({type(error).__name__}: {error})".replace("\n", " "),
            where=str(path),
            remedy="give the config.json of a causal language model",
        ) from error


def from_configuration(written: Mapping[str, Any]) -> Shape:
    """By transformers' names, those of GPT-2 too. Raises KeyError for a size that is not there."""

    def size(*names: str) -> int:
        given = [name for name in names if written.get(name) is not None]
        return int(written[given[0] if given else names[0]])

    family = str(written.get("model_type", ""))
    width, layers = size("hidden_size", "n_embd"), size("num_hidden_layers", "n_layer")
    heads, vocabulary = size("num_attention_heads", "n_head"), size("vocab_size")
    context = size("max_position_embeddings", "n_positions")
    if family in GPT_LIKE:
        inner = int(written.get("n_inner") or written.get("ffn_dim") or 4 * width)
        return gpt(width, layers, heads, inner, vocabulary, context, context + (2 if family == "opt" else 0))
    return llama(
        width,
        layers,
        heads,
        size("intermediate_size"),
        vocabulary,
        context=context,
        key_heads=written.get("num_key_value_heads"),
        head_size=written.get("head_dim"),
        tied=bool(written.get("tie_word_embeddings", family in TIED)),
        norms=4 if family in FOUR_NORMS else 2,
        query_biases=family == "qwen2" or bool(written.get("attention_bias", False)),
        head_norms=family in HEAD_NORMS,
    )


def pretrained_here(architecture: ArchitectureRecipe) -> Shape:
    """What a run pretrains from nothing: a Llama whose embedding is its unembedding."""
    return llama(
        architecture.hidden_size,
        architecture.layers,
        architecture.heads,
        architecture.intermediate_size,
        architecture.vocabulary_size,
        context=architecture.context,
        tied=True,
    )
