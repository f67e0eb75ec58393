"""What a device holds, against what torch keeps, what the code's own budgets say, and by hand."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from tutelage.data import Sequences
from tutelage.models import (
    arithmetic,
    budget,
    completion_logprobs,
    row_logprobs,
    set_dropout,
    unembedding,
)
from tutelage.models.attention import use_fastest_attention
from tutelage.planning import Counts, Layout, machine_of, shape_of
from tutelage.planning import memory as planned
from tutelage.planning.memory import Memory, Setting, kept_for_gradient, reinforced, supervised
from tutelage.planning.shapes import Shape, llama
from tutelage.recipe import Recipe

LAPTOP, H100 = machine_of("laptop"), machine_of("h100-80")
VOCABULARY = 64


def model_and_shape(width: int, layers: int, key_heads: int, dropout: float) -> tuple[PreTrainedModel, Shape]:
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=key_heads,
        intermediate_size=3 * width,
        vocab_size=VOCABULARY,
        max_position_embeddings=256,
        tie_word_embeddings=False,
    )
    model = use_fastest_attention(LlamaForCausalLM(config)).train()
    set_dropout(model, dropout)
    return model, llama(width, layers, 4, 3 * width, VOCABULARY, context=256, key_heads=key_heads)


def bytes_kept(model: PreTrainedModel, passing: Callable[[], Tensor], precision: Any) -> int:
    """Of what torch keeps for the gradient beside the model's own weights, each piece of memory once."""
    own = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept: dict[int, Any] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage  # held, so that no other takes its place
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with arithmetic(precision, torch.device("cpu")), hooks:
        passing()
    return sum(storage.nbytes() for storage in kept.values())


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize(
    ("width", "layers", "key_heads", "dropout"), [(64, 3, 4, 0.0), (128, 2, 2, 0.0), (64, 3, 2, 0.2)]
)
def test_a_pass_over_rows_keeps_what_is_said(
    precision: Any, width: int, layers: int, key_heads: int, dropout: float
) -> None:
    model, shape = model_and_shape(width, layers, key_heads, dropout)
    rows = torch.randint(0, VOCABULARY, (4, 96))
    found = bytes_kept(model, lambda: row_logprobs(model, rows).sum(), precision)
    setting = Setting(LAPTOP, Layout(), precision)
    tokens = rows.numel()
    outside = tokens * (4 * VOCABULARY + setting.number * width)  # logits, and what they are made of
    rounded = 2 * (shape.body + shape.head) if precision == "bf16" else 0
    told = kept_for_gradient(shape, tokens, rows.shape[1], setting, dropout=dropout > 0)
    assert told + rounded + outside == pytest.approx(found, rel=0.03)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_pass_over_completions_keeps_less_of_the_last_layer(precision: Any) -> None:
    model, shape = model_and_shape(64, 3, 4, 0.0)
    prompts, completions = ([[each] * size for each in range(8)] for size in (32, 48))
    sequences = Sequences.of(prompts, completions, 0)
    found = bytes_kept(model, lambda: completion_logprobs(model, sequences).sum(), precision)
    setting, tokens, read = Setting(LAPTOP, Layout(), precision), 8 * 80, 8 * 48
    outside = read * (4 * VOCABULARY + setting.number * 64)
    rounded = 2 * (shape.body + shape.head) if precision == "bf16" else 0
    told = kept_for_gradient(shape, tokens, 80, setting, read=read)
    assert told + rounded + outside == pytest.approx(found, rel=0.06)


@pytest.mark.parametrize("hidden_size", [256, 4096])
def test_budgets_are_those_of_the_code(hidden_size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = llama(hidden_size, 24, 16, 3 * hidden_size, 1000, context=64, key_heads=8)
    config = SimpleNamespace(
        hidden_size=hidden_size, num_hidden_layers=24, num_attention_heads=16, num_key_value_heads=8
    )
    on_gpu = SimpleNamespace(config=config, device=SimpleNamespace(type="cuda"), dtype=torch.float32)
    given = SimpleNamespace(total_memory=int(H100.memory))
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: given)
    assert planned.tokens_at_once(shape, H100) == budget.tokens_at_once(on_gpu)  # type: ignore[arg-type]
    assert planned.rows_at_once(shape, H100, 900) == budget.rows_at_once(on_gpu, 900)  # type: ignore[arg-type]
    on_cpu = SimpleNamespace(config=config, device=SimpleNamespace(type="cpu"), dtype=torch.float32)
    assert planned.tokens_at_once(shape, LAPTOP) == budget.tokens_at_once(on_cpu)  # type: ignore[arg-type]
    assert planned.rows_at_once(shape, LAPTOP, 900) == budget.rows_at_once(on_cpu, 900)  # type: ignore[arg-type]


def test_sizes_of_chunks_are_those_of_the_code() -> None:
    assert (planned.CPU_LOGITS, planned.GPU_LOGITS) == (unembedding.CHUNK, unembedding.GPU_CHUNK)


RECIPE = Recipe()
POLICY, REWARD = shape_of("meta-llama/Llama-3.2-3B"), shape_of("Qwen/Qwen2.5-7B")


def lasting(held: Memory) -> float:
    return sum(
        held.held.get(name, 0.0) for name in ("weights", "gradients", "Adam's moments", "moving average")
    )


def of_ppo(layout: Layout) -> Memory:
    setting = Setting(H100, layout, "bf16")
    return reinforced(RECIPE, Counts.of(RECIPE), POLICY, REWARD, setting, ptx=True)


def test_fine_tuning_holds_sixteen_bytes_a_parameter() -> None:
    held = supervised(RECIPE, Counts.of(RECIPE), POLICY, Setting(H100, Layout(), "bf16"))
    assert lasting(held) == 16 * POLICY.parameters


def test_ppo_holds_twenty_four_bytes_a_parameter_of_the_policy_and_twenty_of_the_reward_model() -> None:
    """16 and the average and the reference; 16 of the value model and the reward model."""
    assert lasting(of_ppo(Layout())) == 24 * POLICY.parameters + 20 * REWARD.scalar


def test_shards_divide_what_lasts_and_sampling_gathers_the_policy() -> None:
    whole, parted = of_ppo(Layout(8)), of_ppo(Layout(8, shard=True))
    assert lasting(parted) == pytest.approx(lasting(whole) / 8)
    assert parted.held["the whole policy, to sample from"] == 4 * POLICY.parameters


def test_computing_activations_again_keeps_a_layers_input_and_one_layer() -> None:
    setting = Setting(H100, Layout(), "bf16")
    again = replace(setting, layout=Layout(activation_checkpointing=True))
    whole, less = (kept_for_gradient(POLICY, 1000, 500, each) for each in (setting, again))
    a_layer = (whole - 8 * POLICY.width * 1000) / POLICY.layers
    assert less == pytest.approx(a_layer + (4 * POLICY.layers + 8) * POLICY.width * 1000)
