"""What samples PPO's completions, as the recipe says: our own sampler, or vLLM."""

from functools import cache
from pathlib import Path

import torch

from tutelage.models import Precision
from tutelage.recipe import Recipe
from tutelage.rollout import Generate, generate_together
from tutelage.rollout.vllm import Colocated, Server, require_vllm
from tutelage.schema import InputError


def open_engine(recipe: Recipe, model: str | Path, folder: Path, device: torch.device) -> Generate:
    """The sampler of a policy of the shape of `model`, a folder or a name of the hub.

    folder: in which a server finds each iteration's weights, if the recipe does not say. Raises InputError where vLLM
    is not installed, does not answer, or cannot do this here.
    """
    wanted = recipe.rollout
    if wanted.engine == "tutelage":
        return generate_together
    longest = recipe.data.max_prompt_tokens + recipe.data.max_completion_tokens
    if wanted.mode == "colocated":
        assert recipe.precision != "auto"  # what is computed in was found out before
        return colocated(str(model), longest, wanted.memory_share, recipe.precision, device)
    assert wanted.address is not None  # the recipe has seen to it
    return Server(wanted.address, Path(wanted.weights_folder or folder), longest=longest)


@cache
def colocated(
    model: str, longest: int, memory_share: float, precision: Precision, device: torch.device
) -> Generate:
    """One for all stages of a run. Raises InputError for a second, which vLLM does not allow in a process."""
    if colocated.cache_info().currsize:
        raise InputError(
            "a vLLM with other settings, or for another model, is in this process already, and it allows one",
            "rollout.engine",
            "start another process for this run, or a server for both",
        )
    return Colocated(model, longest=longest, memory_share=memory_share, precision=precision, device=device)


def require_engine(recipe: Recipe) -> None:
    """Raises InputError where vLLM is wanted in this process and is not installed."""
    if recipe.rollout.engine == "vllm" and recipe.rollout.mode == "colocated":
        require_vllm()
