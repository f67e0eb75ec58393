"""Adapters learn alone, and are the same beside the weights, in them, in any order of passes, and in other tools."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from tests.models.conftest import EOS, PAD, PROMPTS, gpt2, grouped_llama, sharpened, tied_llama
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, PreTrainedModel

from tutelage.data.tokens import Sequences
from tutelage.models import (
    Adapter,
    ExponentialMovingAverage,
    add_adapter,
    arithmetic,
    completion_logprobs,
    final_scores,
    gathered_copy,
    load_policy,
    load_reward_model,
    load_trained_state,
    merged,
    own_adapter,
    quantized,
    reward_model_from,
    reward_model_on,
    rounded,
    spread,
    token_values,
    trained_parameters,
    trained_state,
    twin_of,
)
from tutelage.models.merging import save_adapter
from tutelage.rollout import generate
from tutelage.schema import InputError

SHAPE = Adapter(rank=3, alpha=6)
CLOSE = 1e-5


@pytest.fixture(params=[tied_llama, grouped_llama, gpt2])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with a policy."""
    return saved(request.param(), tmp_path / "start")


@pytest.fixture
def llama_start(tmp_path: Path) -> Path:
    return saved(tied_llama(), tmp_path / "start")


def saved(model: PreTrainedModel, folder: Path) -> Path:
    model.save_pretrained(folder)
    return folder


def learned(model: PreTrainedModel, seed: int = 5) -> PreTrainedModel:
    """As if it had learned something."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in trained_parameters(model).values():
            parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    return model


def logprobs(model: PreTrainedModel, sequences: Sequences) -> Tensor:
    with torch.no_grad():
        return completion_logprobs(model, sequences)


def test_a_new_adapter_changes_nothing_and_learns_alone(start: Path, sequences: Sequences) -> None:
    plain, model = load_policy(start), add_adapter(load_policy(start), SHAPE, "policy")
    assert torch.equal(logprobs(model, sequences), logprobs(plain, sequences))
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    learning = trained_parameters(model)
    assert all(".lora_" in name for name in learning)
    optimizer = torch.optim.SGD(learning.values(), lr=1.0)
    completion_logprobs(model, sequences).sum().backward()
    optimizer.step()
    changed = {name for name, weight in model.named_parameters() if not torch.equal(weight, before[name])}
    assert changed == {name for name in learning if ".lora_B." in name}  # A learns once B is not 0
    assert not torch.allclose(logprobs(model, sequences), logprobs(plain, sequences))


def test_two_adapters_of_one_seed_are_alike(llama_start: Path) -> None:
    one, same, other = (
        trained_parameters(add_adapter(load_policy(llama_start), SHAPE, "policy", seed)) for seed in (1, 1, 2)
    )
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_layers_are_chosen_by_name(llama_start: Path) -> None:
    chosen = Adapter(2, 2, ("q_proj", "v_proj"))
    model = add_adapter(load_policy(llama_start), chosen, "policy")
    assert len(trained_parameters(model)) == 2 * 2 * 2
    with pytest.raises(InputError, match=r"lora.layers: .*'w_q'; choose among down_proj, gate_proj"):
        add_adapter(load_policy(llama_start), Adapter(2, 2, ("w_q",)), "policy")


def test_no_rank_is_above_that_of_the_weights(start: Path) -> None:
    add_adapter(load_policy(start), Adapter(32, 2), "policy")  # models of 32 numbers a token
    for rank in (33, 10**12, 10**30):
        with pytest.raises(InputError, match=rf"lora.rank: no weight .* rank 32, and {rank} is above"):
            add_adapter(load_policy(start), Adapter(rank, 2), "policy")


def test_a_family_with_nothing_to_keep_in_four_bits_is_refused() -> None:
    with pytest.raises(InputError, match=r"lora.quantization: the family 'gpt2' has no linear layers"):
        quantized(gpt2(), torch.float32)


def test_merged_unmerged_and_in_peft_the_logits_are_the_same(start: Path, tmp_path: Path) -> None:
    model = learned(add_adapter(load_policy(start), SHAPE, "policy"))
    tokens = torch.randint(2, 50, (2, 9))
    with torch.no_grad():
        own = model(input_ids=tokens).logits
        in_weights = merged(model)
        save_adapter(model, tmp_path / "adapter")
        elsewhere = PeftModel.from_pretrained(
            AutoModelForCausalLM.from_pretrained(start), tmp_path / "adapter"
        ).eval()
        assert not torch.allclose(own, load_policy(start)(input_ids=tokens).logits, atol=0.01)
        assert type(in_weights) is type(load_policy(start))
        torch.testing.assert_close(in_weights(input_ids=tokens).logits, own, atol=CLOSE, rtol=CLOSE)
        torch.testing.assert_close(elsewhere(input_ids=tokens).logits, own, atol=CLOSE, rtol=CLOSE)


def test_a_reward_model_scores_the_same_elsewhere(
    llama_start: Path, tmp_path: Path, sequences: Sequences
) -> None:
    """As TRL loads it, a classifier of one label; and by peft, the adapter and the head on what it began from."""
    model = learned(add_adapter(reward_model_from(load_policy(llama_start)), SHAPE, "reward"))
    in_weights = merged(model)
    saved(in_weights, tmp_path / "reward")
    save_adapter(model, tmp_path / "adapter")
    elsewhere = AutoModelForSequenceClassification.from_pretrained(tmp_path / "reward", num_labels=1).eval()
    start = AutoModelForSequenceClassification.from_pretrained(llama_start, num_labels=1)
    by_peft = PeftModel.from_pretrained(start, tmp_path / "adapter").eval()
    with torch.no_grad():
        own = final_scores(model, sequences)
        arguments = {"input_ids": sequences.tokens, "attention_mask": sequences.attention_mask}
        for each in (elsewhere, by_peft):
            torch.testing.assert_close(each(**arguments).logits[:, 0], own, atol=CLOSE, rtol=CLOSE)
    assert own.std() > 0.01


def test_sampled_by_steps_and_by_transformers_the_greedy_text_is_the_same(start: Path) -> None:
    model = learned(add_adapter(load_policy(start), SHAPE, "policy"))
    arguments = {"max_new_tokens": 12, "temperature": 0.0, "stop_ids": frozenset([EOS])}
    own = generate(model, PROMPTS, seeds=[0, 1, 2], **arguments)
    plain = merged(model)
    for prompt, completion in zip(PROMPTS, own.completions, strict=True):
        expected = plain.generate(
            torch.tensor([prompt]), max_new_tokens=12, do_sample=False, eos_token_id=EOS, pad_token_id=PAD
        )
        assert completion == expected[0, len(prompt) :].tolist()
    off = generate(twin_of(model, None), PROMPTS, seeds=[0, 1, 2], **arguments)
    assert off.completions == generate(load_policy(start), PROMPTS, seeds=[0, 1, 2], **arguments).completions
    assert off.completions != own.completions


def test_the_reference_is_the_policy_with_its_adapter_off(start: Path, sequences: Sequences) -> None:
    policy = learned(add_adapter(load_policy(start), SHAPE, "policy"))
    reference = twin_of(policy, None)
    expected, own = logprobs(load_policy(start), sequences), logprobs(policy, sequences)
    for _ in range(2):  # in turns
        torch.testing.assert_close(logprobs(reference, sequences), expected)
        assert torch.equal(logprobs(policy, sequences), own)
    assert all(parameter.requires_grad for parameter in trained_parameters(policy).values())


def reward_folder(start: Path, folder: Path) -> Path:
    """A reward model that was trained as an adapter of the weights in `start`."""
    model = learned(add_adapter(reward_model_from(load_policy(start)), SHAPE, "reward"), seed=7)
    saved(merged(model), folder)
    save_adapter(model, folder / "adapter")
    return folder


def test_four_models_on_one_backbone_are_what_they_are_apart(
    start: Path, tmp_path: Path, sequences: Sequences
) -> None:
    folder = reward_folder(start, tmp_path / "reward")
    policy = learned(add_adapter(load_policy(start), SHAPE, "policy"))
    own = logprobs(policy, sequences)
    judge = reward_model_on(policy, start, folder)
    assert judge is not None
    assert judge.base_model is policy.base_model
    value_model = twin_of(judge, own_adapter(judge))
    value_model.score = copy.deepcopy(judge.score)
    add_adapter(value_model, SHAPE, "value")
    apart = load_reward_model(folder)
    with torch.no_grad():
        scores = final_scores(apart, sequences)
        torch.testing.assert_close(final_scores(judge, sequences), scores, atol=CLOSE, rtol=CLOSE)
        torch.testing.assert_close(
            token_values(value_model, sequences), token_values(apart, sequences), atol=CLOSE, rtol=CLOSE
        )
    token_values(value_model, sequences).sum().backward()
    for other in (policy, judge):
        assert all(each.grad is None for each in trained_parameters(other).values())
    assert all(each.grad is not None for each in trained_parameters(value_model).values())
    learned(value_model, seed=9)  # the others stay as they are
    with torch.no_grad():
        torch.testing.assert_close(final_scores(judge, sequences), scores, atol=CLOSE, rtol=CLOSE)
        assert not torch.allclose(token_values(value_model, sequences), token_values(apart, sequences))
    assert torch.equal(logprobs(policy, sequences), own)
    assert torch.equal(logprobs(twin_of(policy, None), sequences), logprobs(load_policy(start), sequences))


def test_other_weights_or_no_adapter_give_no_common_backbone(llama_start: Path, tmp_path: Path) -> None:
    folder = reward_folder(llama_start, tmp_path / "reward")
    policy = add_adapter(load_policy(llama_start), SHAPE, "policy")
    other = tied_llama()
    other.get_input_embeddings().weight.data += 1
    assert reward_model_on(policy, saved(other, tmp_path / "other"), folder) is None
    whole = saved(reward_model_from(load_policy(llama_start)), tmp_path / "whole")
    assert reward_model_on(policy, llama_start, whole) is None


def test_weights_are_the_same_wherever_they_lie(llama_start: Path, tmp_path: Path) -> None:
    folder = reward_folder(llama_start, tmp_path / "reward")
    moved = llama_start.rename(tmp_path / "moved")
    assert reward_model_on(add_adapter(load_policy(moved), SHAPE, "policy"), moved, folder) is not None


def test_a_broken_adapter_is_told_and_never_half_read(llama_start: Path, tmp_path: Path) -> None:
    folder = reward_folder(llama_start, tmp_path / "reward")
    file, config = (folder / "adapter" / f"adapter_{name}" for name in ("model.safetensors", "config.json"))
    whole, described = file.read_bytes(), config.read_text()

    def read() -> None:
        reward_model_on(add_adapter(load_policy(llama_start), SHAPE, "policy"), llama_start, folder)

    read()
    weights = load_file(file)
    weights.popitem()
    save_file(weights, file)
    with pytest.raises(InputError, match=r"reward/adapter: the adapter is broken; delete it"):
        read()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="the adapter is broken"):
        read()
    file.write_bytes(whole)
    for text in (described.replace('"r"', '"s"'), "[]", "{"):
        config.write_text(text)
        with pytest.raises(InputError, match="the adapter is broken"):
            read()


def test_adapters_of_one_backbone_need_not_be_on_the_same_layers(
    llama_start: Path, tmp_path: Path, sequences: Sequences
) -> None:
    folder = reward_folder(llama_start, tmp_path / "reward")
    policy = learned(add_adapter(load_policy(llama_start), Adapter(2, 2, ("q_proj",)), "policy"))
    arguments = {"seeds": [0, 1, 2], "max_new_tokens": 12, "temperature": 0.0, "stop_ids": frozenset([EOS])}
    own, drawn = logprobs(policy, sequences), generate(policy, PROMPTS, **arguments).completions
    assert reward_model_on(policy, llama_start, folder) is not None
    assert generate(policy, PROMPTS, **arguments).completions == drawn
    torch.testing.assert_close(logprobs(merged(policy), sequences), own, atol=CLOSE, rtol=CLOSE)


def test_beside_blocks_that_are_computed_again_the_adapter_learns_and_is_joined(
    llama_start: Path, sequences: Sequences
) -> None:
    plain, again = (add_adapter(load_policy(llama_start), SHAPE, "policy") for _ in range(2))
    spread(again, activation_checkpointing=True)
    for model in (plain, again):
        completion_logprobs(model, sequences).sum().backward()
    gradients = [[each.grad for each in trained_parameters(model).values()] for model in (plain, again)]
    for found, expected in zip(*gradients, strict=True):
        torch.testing.assert_close(found, expected)
    for model in (plain, again):
        learned(model)
    assert torch.equal(logprobs(merged(again), sequences), logprobs(merged(plain), sequences))


def test_weights_in_half_precision_lose_nothing_that_products_keep(
    llama_start: Path, sequences: Sequences
) -> None:
    full, half = load_policy(llama_start), rounded(load_policy(llama_start), torch.bfloat16)
    assert half.base_model.layers[0].mlp.up_proj.weight.dtype == torch.bfloat16
    full, half = (learned(add_adapter(model, SHAPE, "policy")) for model in (full, half))
    assert {each.dtype for each in trained_parameters(half).values()} == {torch.float32}
    with arithmetic("bf16", torch.device("cpu")):
        assert torch.equal(logprobs(half, sequences), logprobs(full, sequences))
    torch.testing.assert_close(logprobs(merged(half), sequences), logprobs(merged(full), sequences))


def dequantized(model: PreTrainedModel, start: Path) -> PreTrainedModel:
    """With the weights that four bits stand for."""
    from bitsandbytes.functional import dequantize_4bit

    plain = load_policy(start)
    for name, layer in model.base_model.named_modules():
        if type(layer).__name__ == "Linear4bit" and ".base_layer" not in name:
            weight = dequantize_4bit(layer.weight.data, layer.weight.quant_state)
            plain.base_model.get_parameter(f"{name}.weight").data = weight
    return plain


def test_in_four_bits_the_adapter_learns_as_beside_the_weights_they_stand_for(
    tmp_path: Path, sequences: Sequences
) -> None:
    start = saved(wide_llama(), tmp_path / "start")
    four_bits = quantized(load_policy(start), torch.float32).to("cpu")  # type: ignore[arg-type]
    apart = dequantized(four_bits, start)
    models = [learned(add_adapter(model, SHAPE, "policy")) for model in (four_bits, apart)]
    for model in models:
        completion_logprobs(model, sequences).sum().backward()
    gradients = [[each.grad for each in trained_parameters(model).values()] for model in models]
    for found, expected in zip(*gradients, strict=True):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    rounding = logprobs(apart, sequences) - logprobs(
        learned(add_adapter(load_policy(start), SHAPE, "policy")), sequences
    )
    assert 0.01 < rounding.abs().max() < 3  # the weights were rounded, and are the same ones
    arguments = {"seeds": [0, 1, 2], "max_new_tokens": 6, "stop_ids": frozenset([EOS])}
    assert (
        generate(models[0], PROMPTS, **arguments).completions
        == generate(models[1], PROMPTS, **arguments).completions
    )
    full = merged(models[0]).base_model.layers[0].self_attn.q_proj.weight
    expected = load_policy(start).base_model.layers[0].self_attn.q_proj.weight
    delta = models[1].base_model.layers[0].self_attn.q_proj.get_delta_weight("policy")
    torch.testing.assert_close(full, expected + delta)  # joined with the weights in full


def wide_llama() -> PreTrainedModel:
    """Of whole blocks of 64 weights, which share a scale."""
    from tutelage.models import Architecture, new_policy

    return sharpened(new_policy(Architecture(64, 2, 4, 128, 50, 64), 0, eos_token_id=EOS, pad_token_id=PAD))


@pytest.mark.parametrize("make", [lambda model: model, reward_model_from], ids=["policy", "reward"])
def test_a_checkpoint_holds_what_learns_and_nothing_else(
    llama_start: Path, make: Callable[[PreTrainedModel], PreTrainedModel]
) -> None:
    model = learned(add_adapter(make(load_policy(llama_start)), SHAPE, "policy"))
    state = {name: each.clone() for name, each in trained_state(model).items()}
    assert set(state) == set(trained_parameters(model))
    learned(model, seed=6)
    load_trained_state(model, state)
    assert all(torch.equal(each, state[name]) for name, each in trained_parameters(model).items())


def test_averages_and_copies_are_of_what_learns(llama_start: Path, sequences: Sequences) -> None:
    model = add_adapter(load_policy(llama_start), SHAPE, "policy")
    average = ExponentialMovingAverage(model, 0.5)
    assert set(average.state_dict()) == set(trained_parameters(model))
    learned(model)
    average.update(model)
    copy = gathered_copy(model)
    average.copy_to(copy)
    embedding: nn.Parameter = model.get_input_embeddings().weight
    assert copy.get_input_embeddings().weight is embedding
    for name, weight in trained_parameters(copy).items():
        assert weight is not trained_parameters(model)[name]
        if ".lora_B." in name:
            torch.testing.assert_close(weight, trained_parameters(model)[name] / 2)
    assert not torch.allclose(logprobs(copy, sequences), logprobs(model, sequences))
