"""How vLLM is asked to draw: from the policy's whole distribution, as our own sampler does."""

from collections.abc import Set
from typing import Any

from tutelage.rollout.generation import FinishReason
from tutelage.schema import RunError


def parameters(seed: int, max_new_tokens: int, stop_ids: Set[int], temperature: float) -> dict[str, Any]:
    """vLLM's names for them; the same in Python and over HTTP.

    All is said, for what is left out a server takes from the model's `generation_config.json`. The tokens that end a
    completion are ours alone (`ignore_eos`). No other token is told of beside the one drawn (`logprobs`).
    """
    return {
        "temperature": temperature,
        "top_p": 1.0,
        "top_k": 0,
        "min_p": 0.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "repetition_penalty": 1.0,
        "seed": seed,
        "max_tokens": max_new_tokens,
        "stop_token_ids": sorted(stop_ids),
        "ignore_eos": True,
        "logprobs": 0,
    }


def finish_reason(told: str | None) -> FinishReason:
    """Why a completion ended. Raises RunError where vLLM gave it up."""
    match told:
        case "stop" | "length":
            return told
    raise RunError(f"vLLM ended a completion with {told!r}", "see its own log")
