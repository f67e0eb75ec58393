"""What the plan says of adapters: their parameters as the code makes them, what they save, and what they compute."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from tutelage.models import Adapter, add_adapter, quantized, rounded, trained_parameters
from tutelage.planning import Counts, Layout, machine_of, plan
from tutelage.planning.memory import Memory, Setting, kept_beside
from tutelage.planning.shapes import llama
from tutelage.planning.stages import StageWork
from tutelage.recipe import LoraRecipe, Recipe
from tutelage.schema import InputError

H100 = machine_of("h100-80")
SHAPE = llama(128, 2, 4, 256, 300, context=64, key_heads=2)


def model() -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=256,
        vocab_size=300,
        max_position_embeddings=64,
        tie_word_embeddings=False,
    )
    return LlamaForCausalLM(config)


@pytest.mark.parametrize("layers", [None, ("q_proj", "v_proj", "down_proj")])
def test_an_adapter_has_the_parameters_that_are_made(layers: tuple[str, ...] | None) -> None:
    made = trained_parameters(add_adapter(model(), Adapter(3, 6, layers), "policy"))
    assert SHAPE.adapter(LoraRecipe(rank=3, layers=layers)) == sum(each.numel() for each in made.values())


def test_layers_that_the_plan_does_not_know_are_told() -> None:
    with pytest.raises(InputError, match=r"lora.layers: the plan knows no layers named 'c_attn'"):
        SHAPE.adapter(LoraRecipe(layers=("c_attn",)))


def test_a_rank_that_no_matrix_has_is_told() -> None:
    SHAPE.adapter(LoraRecipe(rank=128))
    with pytest.raises(InputError, match=r"lora.rank: the matrices have no rank above 128"):
        SHAPE.adapter(LoraRecipe(rank=129))


def test_weights_beside_adapters_take_the_bytes_that_they_take() -> None:
    half = rounded(model(), torch.bfloat16)
    told = kept_beside(SHAPE, SHAPE.parameters, Setting(H100, Layout(), "bf16", LoraRecipe()))
    assert told == sum(each.numel() * each.element_size() for each in half.parameters())
    four_bits = quantized(model(), torch.bfloat16).to("cpu")
    states = [each.quant_state for each in four_bits.parameters() if hasattr(each, "quant_state")]
    scales = sum(each.absmax.numel() + 4 * each.state2.absmax.numel() for each in states)
    found = sum(each.numel() * each.element_size() for each in four_bits.parameters()) + scales
    lora = LoraRecipe(quantization="nf4")
    assert kept_beside(SHAPE, SHAPE.parameters, Setting(H100, Layout(), "bf16", lora)) == pytest.approx(
        found, rel=0.01
    )


def stages(lora: LoraRecipe | None) -> dict[str, tuple[StageWork, Memory]]:
    recipe = Recipe(precision="bf16", lora=lora)
    figures = plan(recipe, Counts.of(recipe), SHAPE, SHAPE, H100, Layout())
    return {each.work.name: (each.work, each.memory) for each in figures.stages}


def test_only_what_learns_has_gradients_moments_and_an_average() -> None:
    lora = LoraRecipe(rank=2)
    whole, by_adapters = stages(None), stages(lora)
    for name in ("sft", "reward", "ppo", "ppo_ptx"):
        held = by_adapters[name][1].held
        models = 2 if name.startswith("ppo") else 1
        assert held["gradients"] == 4 * models * SHAPE.adapter(lora)
        assert held["Adam's moments"] == 2 * held["gradients"]
        assert by_adapters[name][1].total < whole[name][1].total
    assert by_adapters["ppo"][1].held["moving average"] == 4 * SHAPE.adapter(lora)
    assert by_adapters["base"] == whole["base"]  # pretraining learns by all weights


def test_a_gradient_that_no_weight_needs_is_not_computed() -> None:
    """Of a pass with its gradient two thirds, and the adapter's own."""
    whole, by_adapters = (stages(lora)["sft"][0].passes[0] for lora in (None, LoraRecipe(rank=1)))
    adapter = 6 * SHAPE.adapter(LoraRecipe(rank=1)) * whole.tokens
    assert by_adapters.weights == pytest.approx(whole.weights * 2 / 3 + adapter)
