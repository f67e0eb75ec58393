"""Sampling by vLLM: in this process, on the same GPU as the training, or by a server of its own."""

from tutelage.rollout.vllm.colocated import Colocated, require_vllm
from tutelage.rollout.vllm.server import Server

__all__ = ["Colocated", "Server", "require_vllm"]
