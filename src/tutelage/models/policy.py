"""A policy: any causal language model of transformers, made anew or loaded from a folder or the hub."""

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from tutelage.models.architecture import Architecture
from tutelage.models.attention import use_fastest_attention
from tutelage.models.dropout import set_dropout
from tutelage.models.location import UNLOADABLE, model_folder, not_a_model, require_language_model
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


def load_policy(
    path: str | Path, *, device: str | torch.device = "cpu", dtype: torch.dtype = torch.float32
) -> PreTrainedModel:
    """The causal language model in a transformers folder, or of that name on the hub (`OWNER/NAME@REVISION`).

    Its dropout is off until `set_dropout`; no code of the folder's is run. Raises InputError when there is no
    causal language model.
    """
    require_language_model(path)
    folder = model_folder(path)
    try:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, trust_remote_code=False, use_safetensors=True
        )
    except UNLOADABLE as error:
        raise not_a_model(path, "a causal language model", error) from error
    if not hasattr(model.config, "num_hidden_layers"):  # a text model's sizes are one of several parts' there
        raise InputError(
            f"{type(model).__name__} reads more than text",
            where=str(path),
            remedy="give a causal language model of text alone",
        )
    set_dropout(model, 0.0)
    # transformers types the decorator of this method and not the method
    model.to(device)  # type: ignore[arg-type]
    return use_fastest_attention(model).eval()


def load_tokenizer(path: str | Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a model folder, with a padding token that is not end-of-text.

    Where the tokenizer has none, one of its own padding-like special tokens is taken, else `<|pad|>` is added.
    Raises InputError when the folder has no tokenizer or the tokenizer has no end-of-text token.
    """
    folder = model_folder(path, weights=False)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
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
