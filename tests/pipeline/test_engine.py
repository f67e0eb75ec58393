"""PPO with `rollout.engine: vllm`: where it samples the same completions it learns the same."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import load_file
from tests.cli.tiny import save_policy, save_reward_model
from tests.rollout.fake_vllm import VLLMServer, package

from tutelage.cli.main import dispatch
from tutelage.pipeline.engine import colocated, open_engine
from tutelage.pipeline.folder import RunFolder
from tutelage.pipeline.mini_source import MiniSource
from tutelage.pipeline.order import stages_of
from tutelage.recipe import Recipe, load_recipe
from tutelage.rollout import Generate, generate_together
from tutelage.schema import InputError

SETTINGS = [
    "threads=1",
    "precision=fp32",
    "data.max_prompt_tokens=40",
    "data.max_completion_tokens=12",
    "base.row_tokens=32",
    "ppo.episodes=16",
    "ppo.batch_size=8",
    "ppo.minibatches=2",
    "ppo.ptx_coefficient=0",
    "ppo.learning_rate=0.01",
    "ppo.warmup_iterations=0",
    "ppo.ema_decay=0",
    "tracking.trackers=[]",
]
SAMPLED = ("score", "kl", "completion_tokens", "truncated")


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    module = package()
    monkeypatch.setitem(sys.modules, "vllm", module)
    colocated.cache_clear()
    yield module
    colocated.cache_clear()


@pytest.fixture
def train(tmp_path: Path) -> Callable[..., int]:
    """Trains a policy of a few hundred weights into a folder of this name, with these settings besides."""
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text("".join(f"{json.dumps({'prompt': f'Say {word}.'})}\n" for word in ("one", "two")))
    model, reward = save_policy(tmp_path / "model", 0), save_reward_model(tmp_path / "reward", 1)

    def train(name: str, *settings: str) -> int:
        options = [part for setting in (*SETTINGS, *settings) for part in ("--set", setting)]
        files = ["--model", model, "--reward", reward, "--prompts", str(prompts)]
        return dispatch(["train", "ppo", *files, "--out", str(tmp_path / name), *options], debug=False)

    return train


def lines(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def alike(folder: Path, one: str, other: str) -> bool:
    weights, others = (load_file(folder / name / "model.safetensors") for name in (one, other))
    return all(torch.allclose(weight, others[name], atol=1e-5) for name, weight in weights.items())


@pytest.mark.parametrize("learning", [(), ("lora.rank=4",)], ids=["all weights", "adapter"])
def test_colocated_it_learns_the_same(
    learning: tuple[str, ...], train: Callable[..., int], vllm: ModuleType, tmp_path: Path
) -> None:
    assert train("ours", *learning) == 0
    assert train("theirs", "rollout.engine=vllm", "ppo.importance_cap=2", *learning) == 0
    assert len(vllm.LLM.made) == 1
    assert alike(tmp_path, "ours", "theirs")
    assert not alike(tmp_path, "ours", "model")
    ours, theirs = lines(tmp_path / "ours.training"), lines(tmp_path / "theirs.training")
    assert len(ours) == 2
    for our, their in zip(ours, theirs, strict=True):
        assert {name: their[name] for name in SAMPLED} == pytest.approx(
            {name: our[name] for name in SAMPLED}, abs=1e-5
        )
        assert their["mismatch"] < 1e-5
        assert "mismatch" not in our


def test_by_a_server_it_learns_the_same(train: Callable[..., int], tmp_path: Path) -> None:
    assert train("ours") == 0
    with VLLMServer(tmp_path / "model") as server:
        at = ("rollout.engine=vllm", "rollout.mode=server", f"rollout.address={server.address}")
        assert train("theirs", *at) == 0
        assert train("others", *at, f"rollout.weights_folder={tmp_path / 'shared'}") == 0
    folders = [*[tmp_path / "theirs.training"] * 2, *[tmp_path / "shared"] * 2]
    assert [Path(read).parent for read in server.read] == folders
    assert alike(tmp_path, "ours", "theirs")
    assert alike(tmp_path, "ours", "others")


def test_without_vllm_it_is_refused_before_any_work(
    train: Callable[..., int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    assert train("none", "rollout.engine=vllm") == 2
    told = capsys.readouterr().err
    assert "rollout.engine: vLLM is not installed; pip install 'tutelage[vllm]', or take" in told
    assert not (tmp_path / "none.training").exists()


def test_a_process_has_one_engine_for_all_its_policies(vllm: ModuleType, tmp_path: Path) -> None:
    model = Path(save_policy(tmp_path / "base", 0))

    def opened(*settings: str) -> Generate:
        return open_engine(load_recipe("paper", settings), model, tmp_path, torch.device("cpu"))

    half = ("precision=bf16", "rollout.engine=vllm")
    assert opened(*half) is opened(*half)
    for other in (("precision=fp32", half[1]), (*half, "data.max_completion_tokens=12")):
        with pytest.raises(InputError, match=r"rollout\.engine: .* in this process already"):
            opened(*other)
    assert len(vllm.LLM.made) == 1
    assert opened() is generate_together


@pytest.mark.parametrize(("found", "dtype"), [("bf16", "bfloat16"), ("fp32", "float32")])
def test_colocated_it_computes_in_the_precision_that_was_found(
    found: str, dtype: str, train: Callable[..., int], vllm: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutelage.pipeline.device.faster_precision", lambda _: found)
    assert train("found", "precision=auto", "rollout.engine=vllm") == 0
    assert [llm.given["dtype"] for llm in vllm.LLM.made] == [dtype]


def test_policies_of_another_sampler_are_other_stages(tiny: Callable[..., Recipe], tmp_path: Path) -> None:
    def settings(*overrides: str) -> dict[str, object]:
        recipe = tiny(*overrides)
        return {
            stage.name: stage.settings for stage in stages_of(recipe, MiniSource(recipe), RunFolder(tmp_path))
        }

    ours, theirs = settings(), settings("rollout.engine=vllm")
    changed = {name for name in ours if ours[name] != theirs[name]}
    assert changed == {"ppo", "ppo_ptx", "report"}
