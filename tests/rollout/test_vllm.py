"""vLLM as the sampler, against its interface as recorded from version 0.33.0 (vllm_contract.json, record_vllm.py).

It is installed nowhere where these tests usually run. What stands for it (fake_vllm.py) refuses calls that the recorded
interface does not have; the last test asks the real one, where there is one.
"""

import ast
import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import load_file
from tests.rollout.conftest import EOS, grouped_llama, sizes, tied_llama
from tests.rollout.fake_vllm import RECORDED, VLLMServer, package
from tests.rollout.record_vllm import asked_by, definition, fields_of, parameters_of, route
from transformers import MixtralConfig, MixtralForCausalLM, PreTrainedModel

from tutelage.models import (
    Adapter,
    Architecture,
    add_adapter,
    arithmetic,
    completion_logprobs,
    load_policy,
    new_policy,
    spread,
    trained_parameters,
)
from tutelage.rollout import Generation, generate_together
from tutelage.rollout.vllm import Colocated, Server
from tutelage.rollout.vllm.weights import named_weights, plain
from tutelage.schema import InputError, RunError

PROMPTS = [[5, 6, 7], [8], [9, 10, 11, 12], [5, 6, 7]]
DRAWING = {"seeds": [3, 4, 5, 6], "max_new_tokens": 9, "stop_ids": frozenset([EOS]), "temperature": 0.8}
CPU = torch.device("cpu")


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = package()
    monkeypatch.setitem(sys.modules, "vllm", module)
    return module


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of the policies' shape, with other weights."""
    model = grouped_llama()
    for weight in model.parameters():
        weight.data.mul_(0.5)
    model.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def colocated(folder: Path, **changes: object) -> Colocated:
    settings = {"longest": 20, "memory_share": 0.4, "precision": "fp32", "device": CPU} | changes
    return Colocated(folder, **settings)


@pytest.fixture
def server(folder: Path) -> Iterator[VLLMServer]:
    with VLLMServer(folder) as running:
        yield running


def changed(model: PreTrainedModel) -> PreTrainedModel:
    """As after an update."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.05 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)))
    return model


def same(one: Generation, other: Generation) -> bool:
    drawn = one.completions == other.completions and one.finish_reasons == other.finish_reasons
    return drawn and torch.allclose(one.logprob_matrix(), other.logprob_matrix(), atol=1e-5)


def sample(a, b: int = 1, *rest, c, d: str = "", **more):  # type: ignore[no-untyped-def]
    pass


ROUTES = """
@router.get("/told")
async def told(request: Request, wide: Annotated[bool, Query()] = False, deep: int = Query(default=0)):
    body = await request.json()
    return body.get("name"), body.get("kwargs", {})

class Asked(BaseModel):
    prompt: str
    n: int = 1
    LIMIT = 3

    def answer(self): ...
"""


def test_what_is_recorded_of_a_function_is_its_signature() -> None:
    tree = ast.parse(inspect.getsource(sample))
    recorded = parameters_of(definition(tree, "sample"))
    assert {name: (kind, default) for name, kind, default in recorded} == {
        each.name: (each.kind.name, each.default is not each.empty)
        for each in inspect.signature(sample).parameters.values()
    }


def test_what_is_recorded_of_a_server_and_a_record() -> None:
    tree = ast.parse(ROUTES)
    assert asked_by(route(tree, "GET /told")) == {"query": ["wide", "deep"], "body": ["name", "kwargs"]}
    assert fields_of(definition(tree, "Asked")) == ["prompt", "n"]
    with pytest.raises(StopIteration):
        route(tree, "POST /told")


def test_colocated_it_samples_from_the_weights_of_the_moment(vllm: ModuleType, folder: Path) -> None:
    policy, engine = grouped_llama(), colocated(folder)
    before = engine(policy, PROMPTS, **DRAWING)
    assert same(before, generate_together(policy, PROMPTS, **DRAWING))
    changed(policy)
    after = engine(policy, PROMPTS, **DRAWING)
    assert same(after, generate_together(policy, PROMPTS, **DRAWING))
    assert after.completions != before.completions


def test_colocated_it_sleeps_whenever_it_does_not_sample(vllm: ModuleType, folder: Path) -> None:
    engine = colocated(folder)
    [llm] = vllm.LLM.made
    assert (llm.awake, llm.slept) == (set(), [2])
    engine(grouped_llama(), PROMPTS, **DRAWING)
    assert (llm.awake, llm.slept) == (set(), [2, 2])
    with pytest.raises(AssertionError):
        engine(grouped_llama(), [[5] * 40] * 4, **DRAWING)  # beyond its longest text
    assert (llm.awake, llm.slept) == (set(), [2, 2, 2])


def test_colocated_it_is_set_up_as_the_recipe_says(vllm: ModuleType, folder: Path) -> None:
    for precision in ("fp32", "bf16"):
        colocated(folder, memory_share=0.25, precision=precision)
    assert [llm.given["dtype"] for llm in vllm.LLM.made] == ["float32", "bfloat16"]
    given = vllm.LLM.made[0].given
    assert (given["gpu_memory_utilization"], given["max_model_len"]) == (0.25, 20)
    assert (given["logprobs_mode"], given["distributed_executor_backend"]) == ("processed_logprobs", "uni")


def test_colocated_its_arithmetic_is_its_own(vllm: ModuleType, folder: Path) -> None:
    with arithmetic("bf16", CPU):  # which the one that stands for it would refuse to compute in
        colocated(folder)(grouped_llama(), PROMPTS, **DRAWING)


def test_it_is_not_installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(InputError, match=r"rollout.engine: .*; pip install 'tutelage\[vllm\]'"):
        colocated(folder)


def test_what_keeps_it_from_starting_is_told_in_one_line(
    vllm: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ValueError("Sleep mode is not supported\non current platform.")

    monkeypatch.setattr(vllm.LLM, "__init__", refuse)
    with pytest.raises(InputError, match="vLLM cannot start: Sleep mode is not supported on current"):
        colocated(folder)


def test_another_gpu_than_the_policys_is_refused(vllm: ModuleType, folder: Path) -> None:
    with pytest.raises(InputError, match="CUDA_VISIBLE_DEVICES=1"):
        colocated(folder, device=torch.device("cuda:1"))


def test_a_completion_that_was_given_up_ends_the_run(
    vllm: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, answer = colocated(folder), vllm.LLM.generate

    def give_up(self: object, *args: object, **kwargs: object) -> object:
        answers = answer(self, *args, **kwargs)
        object.__setattr__(answers[2].outputs[0], "finish_reason", "abort")
        return answers

    monkeypatch.setattr(vllm.LLM, "generate", give_up)
    with pytest.raises(RunError, match="'abort'"):
        engine(grouped_llama(), PROMPTS, **DRAWING)


def test_the_server_samples_from_the_weights_that_were_sent(server: VLLMServer, tmp_path: Path) -> None:
    policy, engine = grouped_llama(), Server(server.address, tmp_path / "sent", longest=20)
    before = engine(policy, PROMPTS, **DRAWING)
    assert same(before, generate_together(policy, PROMPTS, **DRAWING))
    changed(policy)
    after = engine(policy, PROMPTS, **DRAWING)
    assert same(after, generate_together(policy, PROMPTS, **DRAWING))
    assert after.completions != before.completions
    assert [Path(read).parent for read in server.read] == [tmp_path / "sent"] * 2
    assert not any((tmp_path / "sent").iterdir())
    assert server.asked.count("POST /v1/completions") == 8


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"max_model_len": 19}, "at most 19 tokens, the recipe's 20"),
        ({"logprobs_mode": "raw_logprobs"}, "raw_logprobs"),
    ],
)
def test_a_server_that_was_started_otherwise_is_refused(
    folder: Path, settings: dict[str, object], told: str
) -> None:
    with VLLMServer(folder, **settings) as server, pytest.raises(InputError, match=told) as refusal:
        Server(server.address, folder, longest=20)
    assert "vllm serve" in str(refusal.value)
    assert "--max-model-len 20" in str(refusal.value)


def test_a_server_that_is_none_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with VLLMServer(folder) as server:
        monkeypatch.delitem(RECORDED["routes"], "GET /server_info")  # without its development mode
        with pytest.raises(InputError, match="no vLLM server in development mode"):
            Server(server.address, folder, longest=20)
    with pytest.raises(InputError, match="nothing answers at"):
        Server(server.address, folder, longest=20)


def test_a_server_that_refuses_ends_the_run(server: VLLMServer, tmp_path: Path) -> None:
    engine = Server(server.address, tmp_path / "sent", longest=20)
    server.complete = None  # type: ignore[assignment, method-assign]
    with pytest.raises(InputError, match=r"rollout\.address: .*/v1/completions answered 400"):
        engine(grouped_llama(), PROMPTS, **DRAWING)


def mixtral() -> PreTrainedModel:
    """Whose experts are one tensor in transformers, and one each in a folder."""
    config = MixtralConfig(**sizes(num_local_experts=2, num_experts_per_tok=1))
    return MixtralForCausalLM(config).eval()


@pytest.mark.parametrize("make", [tied_llama, grouped_llama, mixtral])
def test_weights_have_the_names_of_a_folder(make: object, tmp_path: Path) -> None:
    policy = make()
    policy.save_pretrained(tmp_path)
    written = load_file(tmp_path / "model.safetensors")
    told = dict(named_weights(plain(policy)))
    assert set(told) == set(written)
    assert all(torch.equal(told[name], weight) for name, weight in written.items())


def test_blocks_that_are_computed_again_change_no_name() -> None:
    names = [name for name, _ in named_weights(tied_llama())]
    assert [name for name, _ in named_weights(spread(tied_llama(), activation_checkpointing=True))] == names


def test_the_real_one(tmp_path: Path) -> None:
    pytest.importorskip("vllm")
    if not torch.cuda.is_available():
        pytest.skip("vLLM sleeps on a GPU only")
    shape = {"hidden_size": 256, "layers": 2, "heads": 4, "intermediate_size": 512, "context": 64}
    policy = new_policy(Architecture(**shape, vocabulary_size=64), 0, eos_token_id=EOS, pad_token_id=0)
    policy.save_pretrained(tmp_path)
    policy.cuda()
    engine = colocated(tmp_path, longest=32, device=torch.device("cuda"))
    for _ in range(2):
        generation = engine(policy, PROMPTS, **DRAWING)
        sequences = generation.sequences(0).to(policy.device)
        with torch.no_grad():
            ours = completion_logprobs(policy, sequences, DRAWING["temperature"])
        told = generation.logprob_matrix().to(ours.device)
        assert ((ours - told).abs() * sequences.mask).max() < 0.02
        with torch.no_grad():
            for weight in policy.parameters():
                weight.add_(0.1 * torch.randn_like(weight))


def test_ranks_sample_each_its_share_from_a_sharded_policy(server: VLLMServer, folder: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*command, "-m", "tests.rollout.vllm_ranks", str(folder), server.address],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert {f"done_{rank}" for rank in range(2)} <= {each.name for each in folder.parent.iterdir()}
    # the first rank alone sends, and each row is asked for once
    assert server.asked.count("POST /collective_rpc") == 2
    assert server.asked.count("POST /v1/completions") == 6


def test_an_adapter_is_in_the_weights_that_are_given(vllm: ModuleType, folder: Path) -> None:
    pytest.importorskip("peft")
    policy = add_adapter(load_policy(folder), Adapter(rank=2, alpha=4.0), "policy")
    engine = colocated(folder)
    before = engine(policy, PROMPTS, **DRAWING)
    with torch.no_grad():
        for weight in trained_parameters(policy).values():
            weight.add_(0.3)
    after = engine(policy, PROMPTS, **DRAWING)
    assert same(after, generate_together(policy, PROMPTS, **DRAWING))
    assert after.completions != before.completions
