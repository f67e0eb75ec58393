"""What may be said of the sampler, and what not together."""

import pytest

from tutelage.recipe import Recipe, load_recipe
from tutelage.schema import InputError


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (["memory_share=0.5"], "memory_share is vLLM's; set rollout.engine to vllm"),
        (["address=http://gpu:8000"], "address is vLLM's"),
        (["engine=vllm", "mode=server"], "no address says where it is"),
        (["engine=vllm", "address=http://gpu:8000"], "address is for mode server, and mode is colocated"),
        (["engine=vllm", "weights_folder=/dev/shm/w"], "weights_folder is for mode server"),
        (
            ["engine=vllm", "mode=server", "address=http://gpu:8000", "memory_share=0.5"],
            "memory_share is for mode colocated, and mode is server",
        ),
        (["engine=vllm", "mode=server", "address=gpu:8000"], "rollout.address"),
        (["engine=vllm", "memory_share=1.0"], "rollout.memory_share"),
        (["engine=vlm"], "did you mean 'vllm'"),
    ],
)
def test_what_does_not_go_together_is_refused(settings: list[str], told: str) -> None:
    with pytest.raises(InputError) as refusal:
        load_recipe("paper", [f"rollout.{setting}" for setting in settings])
    assert told in str(refusal.value)


def test_vllm_samples_from_no_weights_of_four_bits() -> None:
    vllm = ["rollout.engine=vllm", "lora.rank=8"]
    assert load_recipe("paper", vllm).lora is not None
    with pytest.raises(InputError, match=r"lora\.quantization: vLLM would sample from weights in full"):
        load_recipe("paper", [*vllm, "lora.quantization=nf4"])


@pytest.mark.parametrize(
    "settings",
    [
        [],
        ["engine=vllm"],
        ["engine=vllm", "memory_share=0.5"],
        ["engine=vllm", "mode=server", "address=http://gpu:8000/"],
        ["engine=vllm", "mode=server", "address=https://gpu", "weights_folder=/dev/shm/weights"],
    ],
)
def test_what_was_written_down_is_read_again(settings: list[str]) -> None:
    recipe = load_recipe("paper", [f"rollout.{setting}" for setting in settings])
    assert Recipe.model_validate(recipe.model_dump(mode="json")) == recipe


def test_the_engine_decides_results_and_its_place_does_not() -> None:
    ours = load_recipe("paper")
    vllm = load_recipe("paper", ["rollout.engine=vllm"])
    elsewhere = load_recipe(
        "paper", ["rollout.engine=vllm", "rollout.mode=server", "rollout.address=http://gpu:8000"]
    )
    assert ours.deciding() != vllm.deciding() == elsewhere.deciding()
