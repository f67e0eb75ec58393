"""Models small enough to train in a second, ways to compare them, and a monitor that interrupts on demand."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import PreTrainedModel

from tutelage.models import Architecture, new_policy
from tutelage.training import Monitor


class InterruptingMonitor(Monitor):
    """Asks for an interruption at step `at`, as a user's Ctrl-C during that step would."""

    def __init__(self, folder: Path, at: int) -> None:
        super().__init__("stage", folder, folder / "metrics.jsonl", seconds=1e9)
        self.at = at

    def step(self, done: int, total: int, metrics: Mapping[str, float], state: Callable[[], dict]) -> None:
        if done == self.at:
            self.interrupt()
        super().step(done, total, metrics, state)


@pytest.fixture
def new_tiny_policy() -> Callable[..., PreTrainedModel]:
    """Makes models of two layers of sixteen, with twenty tokens; end-of-text is 0 and padding 1."""

    def new(seed: int = 0) -> PreTrainedModel:
        shape = Architecture(
            hidden_size=16, layers=2, heads=2, intermediate_size=32, vocabulary_size=20, context=64
        )
        return new_policy(shape, seed, eos_token_id=0, pad_token_id=1)

    return new


@pytest.fixture
def policy(new_tiny_policy: Callable[..., PreTrainedModel]) -> PreTrainedModel:
    return new_tiny_policy()


@pytest.fixture
def same_weights() -> Callable[[nn.Module, nn.Module], bool]:
    """Whether every weight of two models is the same to the last bit."""

    def compare(one: nn.Module, other: nn.Module) -> bool:
        pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
        return all(torch.equal(a, b) for a, b in pairs)

    return compare


@pytest.fixture
def gradient_of() -> Callable[[nn.Module], torch.Tensor]:
    """All gradients of a model as one vector, which they are then cleared from."""

    def take(model: nn.Module) -> torch.Tensor:
        parts = [p.grad.flatten() for p in model.parameters() if p.grad is not None]
        model.zero_grad()
        return torch.cat(parts)

    return take


@pytest.fixture
def undisturbed(tmp_path: Path) -> Monitor:
    return Monitor("stage", tmp_path / "undisturbed", tmp_path / "undisturbed" / "metrics.jsonl")


@pytest.fixture
def interrupting(tmp_path: Path) -> Callable[[int], Monitor]:
    """A monitor of one and the same folder that interrupts at the given step; 0 = never."""
    return lambda at: InterruptingMonitor(tmp_path / "interrupted", at)
