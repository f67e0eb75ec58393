"""What the memory of a PPO step at 34 M parameters is made of, in bytes a parameter of the policy.

make bench-memory
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from transformers import PreTrainedModel

from benchmarks import table
from benchmarks.machine import forget_peak, peak_bytes, resident_bytes
from benchmarks.plan import Run
from benchmarks.ppo import trainer_of
from benchmarks.rounds import PAGE

if TYPE_CHECKING:
    from tutelage.training.ppo import PPO

RUN = Run("ppo", "small")


def bytes_of(tensors: Iterable[Tensor]) -> int:
    """Of their memory, each counted once."""
    return sum(
        {
            tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in tensors
        }.values()
    )


def lasting(trainer: PPO, reward: PreTrainedModel) -> dict[str, int]:
    """What is there from step to step, in bytes."""
    learning = (trainer.policy, trainer.baseline.model)
    models = (*learning, trainer.reference, reward)
    optimizers = (trainer.optimizer, trainer.baseline.optimizer)
    moments = [
        each for optimizer in optimizers for state in optimizer.state.values() for each in state.values()
    ]
    gradients = [
        weight.grad for model in learning for weight in model.parameters() if weight.grad is not None
    ]
    return {
        "weights: policy, reference, reward and value model": bytes_of(
            w for m in models for w in m.parameters()
        ),
        "moving average of the policy": bytes_of(trainer.average.state_dict().values()),
        "Adam's two moments, of policy and value model": bytes_of(moments),
        "gradients, of policy and value model": bytes_of(gradients),
    }


def account(run: Run) -> tuple[int, Mapping[str, int]]:
    """The policy's parameters, and bytes by what holds them; the last is the rest of the peak."""
    from tutelage.models import arithmetic, keep_freed_memory
    from tutelage.training import ppo  # noqa: F401  an idle process has it too

    device = torch.device("cpu")
    keep_freed_memory()
    forget_peak()
    idle = resident_bytes()
    with arithmetic("bf16", device):
        trainer, reward = trainer_of(run, device)
        for iteration in range(2):
            trainer.iterate(iteration)
    parts = lasting(trainer, reward)
    rest = peak_bytes() - idle - sum(parts.values())
    parts["activations, logits, the cache while sampling, weights rounded to bf16, free pieces"] = rest
    return trainer.policy.num_parameters(), parts


def main() -> int:
    """Print the table and write it into the page."""
    ArgumentParser(prog="python -m benchmarks.memory", description=__doc__).parse_args()
    parameters, parts = account(RUN)
    rows = [[name, f"{size / 1e6:.0f}", f"{size / parameters:.1f}"] for name, size in parts.items()]
    whole = sum(parts.values())
    rows.append(
        ["**all, above the idle process**", f"**{whole / 1e6:.0f}**", f"**{whole / parameters:.1f}**"]
    )
    text = table.table(("held by", "MB", "bytes a parameter"), rows)
    print(text)
    table.put(PAGE, "memory", text)
    return 0


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main())
