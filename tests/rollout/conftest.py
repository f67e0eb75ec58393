"""Tiny policies whose distributions are far from flat, and a tokenizer over a few letters."""

from collections.abc import Callable

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from tutelage.models.attention import use_fastest_attention

CONTEXT, PAD, EOS = 64, 0, 1
LETTERS = ["<pad>", "<end>", *"abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTU"]


def sharpened(model: PreTrainedModel) -> PreTrainedModel:
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(std=0.2)
    return use_fastest_attention(model).eval()


def sizes(**more: object) -> dict[str, object]:
    return {
        "vocab_size": len(LETTERS),
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": CONTEXT,
        "eos_token_id": EOS,
        "pad_token_id": PAD,
        **more,
    }


def tied_llama() -> PreTrainedModel:
    return sharpened(LlamaForCausalLM(LlamaConfig(**sizes(num_key_value_heads=4, tie_word_embeddings=True))))


def grouped_llama() -> PreTrainedModel:
    return sharpened(LlamaForCausalLM(LlamaConfig(**sizes(tie_word_embeddings=False))))


def sliding_mistral() -> PreTrainedModel:
    """Each token sees the last 5 only, so that one mask for all of them would be wrong."""
    return sharpened(MistralForCausalLM(MistralConfig(**sizes(sliding_window=5))))


def gemma_sizes(**more: object) -> dict[str, object]:
    """Every second block sees the last five tokens only; a head's scale is not that of its width."""
    return sizes(
        num_key_value_heads=1,
        head_dim=16,
        query_pre_attn_scalar=8,
        sliding_window=5,
        layer_types=["sliding_attention", "full_attention"],
        **more,
    )


def gemma2() -> PreTrainedModel:
    """Products of attention and logits squeezed into a range."""
    config = Gemma2Config(**gemma_sizes(attn_logit_softcapping=3.0, final_logit_softcapping=4.0))
    return sharpened(Gemma2ForCausalLM(config))


def gemma3() -> PreTrainedModel:
    """Positions of another base in blocks of another kind."""
    return sharpened(Gemma3ForCausalLM(Gemma3TextConfig(**gemma_sizes())))


def gpt2() -> PreTrainedModel:
    config = GPT2Config(
        vocab_size=len(LETTERS),
        n_positions=CONTEXT,
        n_embd=32,
        n_layer=2,
        n_head=4,
        eos_token_id=EOS,
        pad_token_id=PAD,
    )
    return sharpened(GPT2LMHeadModel(config))


@pytest.fixture(params=[tied_llama, grouped_llama, sliding_mistral, gemma2, gemma3, gpt2])
def policy(request: pytest.FixtureRequest) -> PreTrainedModel:
    make: Callable[[], PreTrainedModel] = request.param
    return make()


@pytest.fixture
def llama() -> PreTrainedModel:
    return tied_llama()


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(
        models.WordLevel({letter: index for index, letter in enumerate(LETTERS)}, unk_token="a")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<end>")
