"""Sizes of models: by name against what their makers publish, by configuration against transformers."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    Gemma2Config,
    Gemma3TextConfig,
    GPT2Config,
    LlamaConfig,
    OPTConfig,
    Qwen2Config,
    Qwen3Config,
)

from tutelage.planning import KNOWN, pretrained_here, shape_of
from tutelage.recipe import ArchitectureRecipe
from tutelage.schema import InputError

PUBLISHED = {
    "openai-community/gpt2": 124_439_808,
    "HuggingFaceTB/SmolLM2-135M": 134_515_008,
    "HuggingFaceTB/SmolLM2-1.7B": 1_711_376_384,
    "Qwen/Qwen2.5-0.5B": 494_032_768,
    "Qwen/Qwen2.5-7B": 7_615_616_512,
    "Qwen/Qwen3-0.6B": 596_049_920,
    "Qwen/Qwen3-8B": 8_190_735_360,
    "meta-llama/Llama-3.2-1B": 1_235_814_400,
    "meta-llama/Llama-3.1-8B": 8_030_261_248,
    "google/gemma-2-2b": 2_614_341_888,
    "google/gemma-3-1b": 999_885_952,
    "facebook/opt-6.7b": 6_658_473_984,
}
"""Parameters, as the hub counts them."""

SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "vocab_size": 101,
}
GATED: dict[str, Any] = {**SMALL, "intermediate_size": 48, "num_key_value_heads": 2}
CONFIGURATIONS = {
    "llama": LlamaConfig(**GATED),
    "llama, tied": LlamaConfig(**GATED, tie_word_embeddings=True),
    "qwen2": Qwen2Config(**GATED),
    "qwen3": Qwen3Config(**GATED, head_dim=16),
    "gemma2": Gemma2Config(**GATED, head_dim=16),
    "gemma3": Gemma3TextConfig(**GATED, head_dim=16),
    "gpt2": GPT2Config(n_embd=32, n_layer=3, n_head=4, vocab_size=101, n_positions=64),
    "opt": OPTConfig(**SMALL, ffn_dim=128, max_position_embeddings=64, word_embed_proj_dim=32),
}


@pytest.mark.parametrize(("name", "parameters"), PUBLISHED.items())
def test_known_models_have_the_parameters_that_are_published(name: str, parameters: int) -> None:
    assert shape_of(name).parameters == parameters


@pytest.mark.parametrize(("name", "billions"), [("1.3b", 1.3), ("6b", 6.7), ("175b", 174.6)])
def test_gpt3_has_the_parameters_of_its_paper(name: str, billions: float) -> None:
    """Brown et al. 2020, Table D.1."""
    assert KNOWN[f"gpt3-{name}"].parameters / 1e9 == pytest.approx(billions, rel=0.015)


@pytest.mark.parametrize("family", CONFIGURATIONS)
def test_a_configuration_gives_the_parameters_that_transformers_makes(family: str, tmp_path: Path) -> None:
    config = CONFIGURATIONS[family]
    config.save_pretrained(tmp_path)
    shape = shape_of(str(tmp_path))
    with torch.device("meta"):
        whole = AutoModelForCausalLM.from_config(config)
    assert shape.parameters == whole.num_parameters()
    assert shape == shape_of(str(tmp_path / "config.json"))


def test_a_reward_model_has_one_output_in_place_of_the_unembedding(tmp_path: Path) -> None:
    config = LlamaConfig(**GATED)
    config.num_labels = 1
    config.save_pretrained(tmp_path)
    with torch.device("meta"):
        scalar = AutoModelForSequenceClassification.from_config(config)
    assert shape_of(str(tmp_path)).scalar == scalar.num_parameters()


def test_a_tuned_model_has_the_sizes_of_its_base() -> None:
    assert shape_of("Qwen/Qwen2.5-7B-Instruct") == KNOWN["Qwen/Qwen2.5-7B"]


def test_what_a_run_pretrains_has_the_sizes_of_the_recipe() -> None:
    # 2 blocks of 4·8² and 3·8·16 weights and two norms of 8; 10 words and a norm
    small = ArchitectureRecipe(
        hidden_size=8, layers=2, heads=2, intermediate_size=16, vocabulary_size=10, context=32
    )
    assert pretrained_here(small).parameters == 2 * (4 * 64 + 3 * 128 + 16) + 80 + 8


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{}", "hidden_size"),
        ("[]", "decoder"),
        ("{", "decoder"),
        (json.dumps({**SMALL, "max_position_embeddings": 64}), "intermediate_size"),
    ],
)
def test_a_configuration_that_says_too_little_is_refused_in_one_line(
    written: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(written)
    with pytest.raises(InputError, match=told) as caught:
        shape_of(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_an_unknown_name_is_told_the_nearest() -> None:
    with pytest.raises(InputError, match=r"Qwen/Qwen2\.5-7B"):
        shape_of("Qwen/Qwen25-7B")
