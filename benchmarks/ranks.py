"""What one rank holds of a PPO step at 34 M parameters, with whole weights and with shards, and that the losses agree.

    make bench-ranks

Ranks share this machine's cores, so their seconds say nothing; bytes do.
"""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from benchmarks import table
from benchmarks.machine import forget_peak, peak_bytes, resident_bytes
from benchmarks.plan import Run
from benchmarks.ppo import trainer_of
from benchmarks.rounds import ROOT

PAGE = ROOT / "docs" / "scaling.md"
RUN = Run("ppo", "small")
STEPS = 2
COLUMNS = (
    "ranks",
    "weights",
    "weights, gradients, moments and average, MB a rank",
    "of one rank's",
    "peak, MB a rank",
    "value loss of the last step",
    "gradient of the policy",
)


def work(shard: bool, out: Path) -> None:
    """What each rank does; the first one tells."""
    from tutelage.distributed import joined, leads, together
    from tutelage.models import keep_freed_memory, own_part, spread

    device = torch.device("cpu")
    torch.set_num_threads(1)
    with joined("cpu"), together():
        keep_freed_memory()
        forget_peak()
        idle = resident_bytes()
        trainer, reward = trainer_of(RUN, device, lambda model: spread(model, shard=shard))
        for iteration in range(STEPS):
            _, measured = trainer.iterate(iteration)
        learning = (trainer.policy, trainer.baseline.model)
        held = [weight for model in (*learning, trainer.reference, reward) for weight in model.parameters()]
        held += [
            weight.grad for model in learning for weight in model.parameters() if weight.grad is not None
        ]
        for optimizer in (trainer.optimizer, trainer.baseline.optimizer):
            held += [each for state in optimizer.state.values() for each in state.values()]
        held += trainer.average.state_dict().values()
        metrics = measured.metrics()
        if leads():
            found = {
                "held": sum(own_part(each).numel() * each.element_size() for each in held),
                "peak": peak_bytes() - idle,
                "value_loss": metrics["value_loss"],
                "gradient": metrics["ppo_gradient_norm"],
            }
            out.write_text(json.dumps(found))


def measure(ranks: int, shard: bool) -> dict[str, float]:
    """So many ranks, started as torchrun does."""
    with TemporaryDirectory() as place:
        out = Path(place) / "found.json"
        torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"]
        command = [sys.executable, *torchrun, "-m", "benchmarks.ranks", "--rank", str(out)]
        subprocess.run([*command, *(["--shard"] if shard else [])], cwd=ROOT, check=True)
        found: dict[str, float] = json.loads(out.read_text())
        return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the table into the page."""
    parser = ArgumentParser(prog="python -m benchmarks.ranks", description=__doc__)
    parser.add_argument("--rank", type=Path, help="be one of the ranks, and write here")
    parser.add_argument("--shard", action="store_true")
    chosen = parser.parse_args(arguments)
    if chosen.rank is not None:
        work(chosen.shard, chosen.rank)
        return
    rows, alone = [], 0.0
    for ranks, shard in ((1, False), (2, False), (2, True), (4, True)):
        found = measure(ranks, shard)
        alone = alone or found["held"]
        share = "" if ranks == 1 else f"{found['held'] / alone:.2f}"
        rows.append(
            [
                str(ranks),
                "in shards" if shard else "whole",
                f"{found['held'] / 1e6:.0f}",
                share,
                f"{found['peak'] / 1e6:.0f}",
                f"{found['value_loss']:.7f}",
                f"{found['gradient']:.7f}",
            ]
        )
        print(table.table(COLUMNS, rows), flush=True)
    table.put(PAGE, "ranks", table.table(COLUMNS, rows))


if __name__ == "__main__":
    main()
