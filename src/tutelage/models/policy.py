"""A policy: any causal language model of transformers, made anew or loaded from a folder."""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from tutelage.models.architecture import Architecture
from tutelage.models.attention import use_fastest_attention
from tutelage.models.dropout import set_dropout
from tutelage.schema import InputError


def new_policy(
    architecture: Architecture,
    seed: int,
    *,
    eos_token_id: int,
    pad_token_id: int,
    bos_token_id: int | None = None,
    tie_embeddings: bool = True,
) -> PreTrainedModel:
    """A Llama with random weights in fp32; equal seeds give equal weights.

    Raises InputError when padding and end-of-text are one token: plain transformers finds the last token of
    a completion by the padding id, so a reward model trained from this policy would score the wrong token.
    """
    if eos_token_id == pad_token_id:
        raise InputError(
            "end-of-text and padding have the same token id", remedy="give padding its own token"
        )
    config = LlamaConfig(
        vocab_size=architecture.vocabulary_size,
        hidden_size=architecture.hidden_size,
        intermediate_size=architecture.intermediate_size,
        num_hidden_layers=architecture.layers,
        num_attention_heads=architecture.heads,
        max_position_embeddings=architecture.context,
        tie_word_embeddings=tie_embeddings,
        bos_token_id=bos_token_id,
        eos_token_id=eos_token_id,
        pad_token_id=pad_token_id,
        dtype=torch.float32,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return use_fastest_attention(LlamaForCausalLM(config)).eval()


UNLOADABLE = (OSError, ValueError, KeyError, SafetensorError, RuntimeError)
"""What transformers raises for folders that are none, or whose weights are broken or of other sizes."""


def load_policy(
    path: str | Path, *, device: str | torch.device = "cpu", dtype: torch.dtype = torch.float32
) -> PreTrainedModel:
    """The causal language model in a transformers folder (or, with a network, of that name on the hub).

    Its dropout is off until `set_dropout`; no code of the folder's is run. Raises InputError when there is no
    causal language model.
    """
    require_model_folder(path)
    require_language_model(path)
    try:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            path, dtype=dtype, trust_remote_code=False
        )
    except UNLOADABLE as error:
        raise not_a_model(path, "a causal language model", error) from error
    set_dropout(model, 0.0)
    # transformers types the decorator of this method and not the method
    model.to(device)  # type: ignore[arg-type]
    return use_fastest_attention(model).eval()


def load_tokenizer(path: str | Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a model folder, with a padding token that is not end-of-text.

    Where the tokenizer has none, one of its own padding-like special tokens is taken, else `<|pad|>` is added.
    Raises InputError when the folder has no tokenizer or the tokenizer has no end-of-text token.
    """
    require_model_folder(path)
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
    except UNLOADABLE as error:
        raise not_a_model(path, "a tokenizer", error) from error
    if tokenizer.eos_token_id is None:
        raise InputError(
            "the tokenizer has no end-of-text token",
            where=str(path),
            remedy="set eos_token in its tokenizer_config.json: completions end with it",
        )
    if tokenizer.pad_token_id in (None, tokenizer.eos_token_id):
        unused = [
            str(token)
            for token in tokenizer.added_tokens_decoder.values()
            if "pad" in str(token).lower() and str(token) != tokenizer.eos_token
        ]
        tokenizer.pad_token = unused[0] if unused else "<|pad|>"
        if not unused:
            tokenizer.add_special_tokens({"pad_token": "<|pad|>"})
    return tokenizer


def require_model_folder(path: str | Path) -> None:
    """Raises InputError for what is plainly meant as a local folder and holds no model."""
    folder = Path(path)
    looks_local = isinstance(path, Path) or str(path).startswith((".", "/", "~")) or str(path).count("/") > 1
    if folder.is_dir() and not (folder / "config.json").exists():
        raise InputError(
            "the folder holds no model: it has no config.json",
            where=str(path),
            remedy="give a folder that transformers can load",
        )
    if looks_local and not folder.is_dir():
        raise InputError("no such model folder", where=str(path), remedy="check the path")


def require_language_model(path: str | Path) -> None:
    """Raises InputError for the folder of a reward model: its head would be left out, and a random one put there."""
    configuration = Path(path) / "config.json"
    if not configuration.is_file():
        return
    try:
        architectures = json.loads(configuration.read_text(encoding="utf-8")).get("architectures") or []
    except (ValueError, AttributeError) as error:
        raise not_a_model(path, "a causal language model", error) from error
    if any(str(name).endswith("ForSequenceClassification") for name in architectures):
        raise InputError(
            "this is a reward model, which writes no text",
            where=str(path),
            remedy="give the folder of a policy",
        )


def not_a_model(path: str | Path, wanted: str, error: Exception) -> InputError:
    """The one-line error for a folder that transformers refuses."""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return InputError(
        f"cannot load {wanted} ({reason[:200]})",
        where=str(path),
        remedy="give a transformers folder, or the hub name of a model that this machine can reach",
    )
