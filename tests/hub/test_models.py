"""Models by their names on the hub: their commit, safetensors only, no code, and only what is needed."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tests.hub.mirror import Mirror, commit, files_of

from tutelage.hub import commit_of
from tutelage.models import (
    load_policy,
    load_reward_model,
    load_tokenizer,
    reward_model_from,
    save_model,
)
from tutelage.pipeline.context import context_of
from tutelage.pipeline.stages.base import fingerprint_of_base
from tutelage.schema import InputError


def fetched(mirror: Mirror) -> set[str]:
    """The files that were asked for."""
    return {path.rpartition("/")[2] for method, path, _ in mirror.asked if "/resolve/" in path}


def refusal(load: Callable[[str], object], name: str) -> str:
    with pytest.raises(InputError) as caught:
        load(name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_name_loads_what_its_folder_does(mirror: Mirror, folder: Path) -> None:
    others = {"original/weights.safetensors": b"", "consolidated.safetensors": b"", "pytorch_model.bin": b""}
    mirror.add("models/org/m", files_of(folder) | others | {"tool.py": b""})
    mirror.repositories["models/org/m"].revisions["v1"] = commit(1)
    tokenizer = load_tokenizer("org/m@v1")
    assert context_of("org/m@v1") == 128
    assert tokenizer.get_vocab() == load_tokenizer(folder).get_vocab()
    assert "model.safetensors" not in fetched(mirror)  # checks before a run need no weights
    tokens = torch.tensor([[5, 6, 7]])
    with torch.no_grad():
        assert torch.equal(load_policy("org/m@v1")(tokens).logits, load_policy(folder)(tokens).logits)
    assert "model.safetensors" in fetched(mirror)
    assert not fetched(mirror) & {
        "weights.safetensors",
        "consolidated.safetensors",
        "pytorch_model.bin",
        "tool.py",
    }


def test_a_reward_model_by_its_name(mirror: Mirror, folder: Path, tmp_path: Path) -> None:
    save_model(reward_model_from(load_policy(folder)), load_tokenizer(folder), tmp_path / "reward")
    mirror.add("models/org/reward", files_of(tmp_path / "reward"))
    assert load_reward_model("org/reward").config.num_labels == 1
    assert "this is a reward model, which writes no text" in refusal(load_policy, "org/reward")


def test_its_commit_identifies_it(mirror: Mirror, folder: Path) -> None:
    first = mirror.add("models/org/m", files_of(folder))
    assert fingerprint_of_base("org/m") == first
    second = mirror.add("models/org/m", files_of(folder) | {"NOTES": b""}, number=2)
    commit_of.cache_clear()  # as in the next process
    assert fingerprint_of_base("org/m") == second
    assert fingerprint_of_base(f"org/m@{first}") == first


def test_pickled_weights_are_not_read(mirror: Mirror, folder: Path, tmp_path: Path) -> None:
    files = files_of(folder)
    del files["model.safetensors"]
    mirror.add("models/org/old", files | {"pytorch_model.bin": b"pickle"})
    for load in (load_policy, load_reward_model):
        assert refusal(load, "org/old") == (
            "org/old: the model has no weights in safetensors, and pickled ones, which can run code, are not read; "
            "name a revision that has them, or save it again by its makers' tools with safetensors"
        )
    assert "pytorch_model.bin" not in fetched(mirror)
    for name, content in (files | {"pytorch_model.bin": b"pickle"}).items():
        (tmp_path / name).write_bytes(content)
    assert "has no weights in safetensors" in refusal(load_policy, str(tmp_path))


def test_code_of_a_repository_is_neither_fetched_nor_run(mirror: Mirror, folder: Path) -> None:
    config = (
        b'{"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Model"}}'
    )
    code = {"own.py": b"raise SystemExit('run')"}
    mirror.add("models/org/own", files_of(folder) | code | {"config.json": config})
    assert "cannot load a causal language model" in refusal(load_policy, "org/own")
    assert "own.py" not in fetched(mirror)


def test_what_may_be_a_misspelt_folder_is_told_as_such(mirror: Mirror, tmp_path: Path) -> None:
    mirror.add("models/org/empty", {"README.md": b""})
    for load in (load_policy, load_tokenizer, load_reward_model, context_of, fingerprint_of_base):
        assert refusal(load, "runs/mni").startswith("runs/mni: no such folder, and the hub has no such model")
    assert "the repository holds no model: it has no config.json" in refusal(load_tokenizer, "org/empty")
    for local in ("org/m::test", "runs/mini/models/sft", "./sft", str(tmp_path / "sft")):
        assert refusal(load_policy, local) == f"{local}: no such model folder; check the path"


def test_offline_a_model_that_was_fetched_loads(
    mirror: Mirror, folder: Path, offline: Callable[[], None]
) -> None:
    mirror.add("models/org/m", files_of(folder))
    load_policy("org/m")
    mirror.add("models/org/half", files_of(folder))
    load_tokenizer("org/half")
    offline()
    assert load_policy("org/m").config.vocab_size == load_policy(folder).config.vocab_size
    assert load_tokenizer("org/half").eos_token_id == 0
    assert "HF_HUB_OFFLINE forbids to fetch it" in refusal(load_policy, "org/half")
