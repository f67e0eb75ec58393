"""Tiny models of several kinds, with weights large enough that their distributions are far from flat."""

from collections.abc import Callable

import pytest
import torch
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
)

from tutelage.data.tokens import Sequences
from tutelage.models import Architecture, new_policy
from tutelage.models.attention import use_fastest_attention

VOCABULARY, CONTEXT, PAD, EOS = 50, 64, 0, 1


def sharpened(model: PreTrainedModel) -> PreTrainedModel:
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(std=0.2)
    return use_fastest_attention(model).eval()


def tied_llama() -> PreTrainedModel:
    return sharpened(
        new_policy(Architecture(32, 2, 4, 48, VOCABULARY, CONTEXT), 0, eos_token_id=EOS, pad_token_id=PAD)
    )


def grouped_llama() -> PreTrainedModel:
    """Untied, and with two query heads to each key head."""
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=False,
        eos_token_id=EOS,
        pad_token_id=PAD,
    )
    return sharpened(LlamaForCausalLM(config))


def gpt2() -> PreTrainedModel:
    """Absolute positions, and dropout of its own."""
    config = GPT2Config(
        vocab_size=VOCABULARY,
        n_positions=CONTEXT,
        n_embd=32,
        n_layer=2,
        n_head=4,
        eos_token_id=EOS,
        pad_token_id=PAD,
    )
    return sharpened(GPT2LMHeadModel(config))


GEMMA = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "query_pre_attn_scalar": 8,
    "sliding_window": 5,
    "layer_types": ["sliding_attention", "full_attention"],
    "max_position_embeddings": CONTEXT,
    "bos_token_id": 2,
    "eos_token_id": [EOS, 3],
    "pad_token_id": PAD,
}


def gemma2() -> PreTrainedModel:
    """Products of attention and logits squeezed into a range, and a norm behind each sublayer too."""
    config = Gemma2Config(**GEMMA, attn_logit_softcapping=3.0, final_logit_softcapping=4.0)
    return sharpened(Gemma2ForCausalLM(config))


def gemma3() -> PreTrainedModel:
    """Every second block sees the last five tokens only, by positions of another base; queries and keys are normed."""
    return sharpened(Gemma3ForCausalLM(Gemma3TextConfig(**GEMMA)))


@pytest.fixture(params=[tied_llama, grouped_llama, gpt2, gemma2, gemma3])
def policy(request: pytest.FixtureRequest) -> PreTrainedModel:
    make: Callable[[], PreTrainedModel] = request.param
    return make()


@pytest.fixture
def llama() -> PreTrainedModel:
    return tied_llama()


PROMPTS = [[5, 9, 7], [4, 4, 8, 21, 30, 2, 17], [11]]
COMPLETIONS = [[12, 3, 40, EOS], [33, EOS], [6, 7, 8, 9, 10, 11, 12]]


@pytest.fixture
def sequences() -> Sequences:
    return Sequences.of(PROMPTS, COMPLETIONS, PAD)
