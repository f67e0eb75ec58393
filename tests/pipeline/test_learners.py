"""Steps 1 to 3 by adapters: whole models come out, each with its adapter beside it, and step 3 shares what it can."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from tutelage.cli.main import dispatch
from tutelage.data import Sequences
from tutelage.models import load_policy, load_trained_state, token_values, trained_parameters
from tutelage.pipeline import run
from tutelage.pipeline.learners import PPOModels, ppo_models, require_adapters
from tutelage.recipe import Recipe, load_recipe
from tutelage.rollout import load_reward_model
from tutelage.schema import InputError, packages

Tiny = Callable[..., Recipe]
SETTINGS = (
    *("lora.rank=4", "lora.alpha=8", "ppo.initialization=null"),
    *("sft.epochs=1", "ppo.learning_rate=0.03"),
    "precision=fp32",  # in 16 bits the weights beside adapters are rounded, and figures agree to 1 % only
)
TRAINED = ("sft", "reward", "ppo", "ppo_ptx")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs") / "adapters"


@pytest.fixture
def finished(tiny: Tiny, place: Path, plain_page: None) -> Path:
    """A run by adapters; done once, whichever test asks first."""
    return run(tiny(*SETTINGS), place)


def metrics(folder: Path, stage: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [line for line in lines if line["stage"] == stage]


def test_every_step_leaves_a_whole_model_and_its_adapter(finished: Path) -> None:
    for name in TRAINED:
        folder = finished / "models" / name
        described = json.loads((folder / "adapter" / "adapter_config.json").read_text())
        assert (described["r"], described["lora_alpha"]) == (4, 8)
        assert described["task_type"] == ("SEQ_CLS" if name == "reward" else "CAUSAL_LM")
    assert not (finished / "models" / "base" / "adapter").exists()
    base, sft, policy = (load_policy(finished / "models" / name) for name in ("base", "sft", "ppo"))
    assert torch.equal(base.get_input_embeddings().weight, policy.get_input_embeddings().weight)
    weights = [each.base_model.layers[0].self_attn.q_proj.weight for each in (base, sft, policy)]
    assert not torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[1], weights[2])


def test_the_adapter_on_what_it_began_from_is_the_model(finished: Path) -> None:
    folder = finished / "models" / "ppo_ptx"
    start = AutoModelForCausalLM.from_pretrained(finished / "models" / "sft")
    together = PeftModel.from_pretrained(start, folder / "adapter").eval()
    tokens = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        torch.testing.assert_close(
            together(input_ids=tokens).logits,
            load_policy(folder)(input_ids=tokens).logits,
            atol=1e-4,
            rtol=1e-4,
        )


def test_step_3_begins_at_its_reference_and_leaves_it(finished: Path) -> None:
    steps = metrics(finished, "ppo")
    assert steps[0]["kl"] == pytest.approx(0, abs=1e-3)
    assert steps[-1]["kl_nonnegative"] > 1e-4
    assert all(step["ratio_deviation"] >= 0 for step in steps[1:])


def of(finished: Path, reward: Path, *overrides: str) -> PPOModels:
    recipe = load_recipe(finished / "recipe.yaml", overrides)
    start = finished / "models" / "sft"
    return ppo_models(start, reward, load_reward_model(reward), recipe, torch.device("cpu"))


def test_the_four_of_step_3_share_what_they_have_alike(finished: Path) -> None:
    reward = finished / "models" / "reward"
    on_one = of(finished, reward)
    backbones = {id(each.base_model) for each in (*on_one[:3], on_one.scorer.model)}
    assert len(backbones) == 1
    scores = [scorer(["Say it."], ["Yes."]) for scorer in (on_one.scorer, load_reward_model(reward))]
    torch.testing.assert_close(*scores, atol=1e-4, rtol=1e-4)

    other = of(finished, reward, "lora.quantization=nf4")
    assert type(other.policy.base_model.layers[0].mlp.up_proj.base_layer).__name__ == "Linear4bit"
    whole = of(finished, reward, "lora=null")
    assert len({id(each.base_model) for each in (*whole[:3], whole.scorer.model)}) == 4


def test_a_reward_model_from_elsewhere_has_a_backbone_of_its_own(finished: Path, tmp_path: Path) -> None:
    reward = tmp_path / "reward"
    reward.mkdir()
    for path in (finished / "models" / "reward").iterdir():
        if path.is_file():
            (reward / path.name).write_bytes(path.read_bytes())
    apart = of(finished, reward)
    assert apart.policy.base_model is apart.reference.base_model
    assert apart.value_model.base_model is apart.scorer.model.base_model
    assert apart.policy.base_model is not apart.value_model.base_model
    assert apart.value_model.score is not apart.scorer.model.score
    on_one = of(finished, finished / "models" / "reward")
    parts = [trained_parameters(each.value_model) for each in (on_one, apart)]
    assert all(torch.equal(one, parts[1][name]) for name, one in parts[0].items())
    generator = torch.Generator().manual_seed(1)
    learned = {name: torch.randn(each.shape, generator=generator) for name, each in parts[0].items()}
    tokens = [[5, 6, 7, 8]]
    values = []
    for each in (on_one, apart):  # a checkpoint's weights mean the same in both
        load_trained_state(each.value_model, learned)
        with torch.no_grad():
            values.append(token_values(each.value_model, Sequences.of(tokens, tokens, 0)))
    torch.testing.assert_close(*values, atol=1e-3, rtol=1e-3)
    scores = [scorer(["Say it."], ["Yes."]) for scorer in (apart.scorer, load_reward_model(reward))]
    torch.testing.assert_close(*scores, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("quantization", ["null", "nf4"])
def test_one_step_by_itself(finished: Path, tmp_path: Path, quantization: str) -> None:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text("".join(f'{{"prompt": "Say {number}."}}\n' for number in range(8)))
    settings = (
        *(
            "threads=1",
            "data.max_prompt_tokens=40",
            "data.max_completion_tokens=8",
            "lora.rank=2",
            "base.row_tokens=32",
        ),
        *("ppo.episodes=16", "ppo.batch_size=8", "ppo.minibatches=2", "ppo.ptx_coefficient=0"),
        f"lora.quantization={quantization}",
    )
    options = [part for setting in settings for part in ("--set", setting)]
    models, out = finished / "models", tmp_path / "policy"
    command = ["train", "ppo", "--model", str(models / "sft"), "--reward", str(models / "reward")]
    assert dispatch([*command, "--prompts", str(prompts), "--out", str(out), *options], debug=True) == 0
    assert (out / "adapter" / "adapter_model.safetensors").is_file()
    before, after = (load_policy(each) for each in (models / "sft", out))
    changed = [
        name
        for name, weight in after.named_parameters()
        if not torch.equal(weight, before.get_parameter(name))
    ]
    assert changed
    assert all("_proj." in name for name in changed)


def test_fine_tuning_by_itself_leaves_the_adapter_of_the_epoch_that_is_kept(
    finished: Path, tmp_path: Path
) -> None:
    demonstrations, base, out = tmp_path / "rows.jsonl", finished / "models" / "base", tmp_path / "sft"
    rows = (f'{{"prompt": "Say {number}.", "completion": "It is {number}."}}\n' for number in range(16))
    demonstrations.write_text("".join(rows))
    settings = ("threads=1", "data.max_prompt_tokens=40", "data.max_completion_tokens=20", "lora.rank=2")
    options = [part for setting in (*settings, "base.row_tokens=32") for part in ("--set", setting)]
    command = ["train", "sft", "--model", str(base), "--demonstrations", str(demonstrations)]
    assert dispatch([*command, "--out", str(out), *options], debug=True) == 0
    start, tokens = AutoModelForCausalLM.from_pretrained(base), torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        together = PeftModel.from_pretrained(start, out / "adapter").eval()(input_ids=tokens).logits
        torch.testing.assert_close(together, load_policy(out)(input_ids=tokens).logits, atol=1e-4, rtol=1e-4)


def test_what_is_missing_is_said_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None if name == "bitsandbytes" else object())
    require_adapters(load_recipe("mini", ["lora.rank=4"]))
    with pytest.raises(
        InputError, match=r"lora.quantization: .* bitsandbytes; pip install 'tutelage\[qlora\]'"
    ):
        require_adapters(load_recipe("mini", ["lora.quantization=nf4"]))
    with pytest.raises(InputError, match="not sharded"):
        load_recipe("mini", ["lora.quantization=nf4", "distributed.shard=true"])
