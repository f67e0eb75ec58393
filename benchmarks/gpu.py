"""The same code on one GPU, in one call of a few minutes: does it agree with itself, and how fast is it?

    PYTHONPATH=src python3 -m benchmarks.gpu

Needs torch, transformers and the package with what that imports; of the peers only transformers' own sampling is timed.
Without a GPU it says so.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from benchmarks import inputs
from benchmarks.machine import Stopwatch, ceilings, peak_bytes
from benchmarks.plan import OURS, WORKS, Run

RESULTS = Path("benchmarks/results/gpu.json")
TIMED = (
    *(
        Run("sampling", "half", setting, batch=256, new_tokens=128, steps=2, in_use=in_use)
        for in_use in (False, True)
        for setting in (OURS, "bf16", "bf16-static")
    ),
    Run("ppo", "half", batch=256, new_tokens=128, steps=2),
    Run("sft", "half", batch=256, steps=8),
    Run("reward", "half", batch=16, steps=8),
)
CHECKED = Run("sampling", "half", batch=32, new_tokens=32, in_use=True)
TOLERANCE = {"fp32": 2e-3, "bf16": 0.15}
"""Nats that two ways to one log-probability may differ by: the largest of a thousand."""


def agreement(run: Run, device: torch.device) -> dict[str, float]:
    """The largest difference of log-probabilities: sampler and whole pass, end to end and in padded rows."""
    from tutelage.models import arithmetic, completion_logprobs
    from tutelage.models.attention import use_fastest_attention
    from tutelage.rollout import generate

    plain = inputs.language_model(run, device)
    model = use_fastest_attention(inputs.language_model(run, device))
    found = {}
    for precision in ("fp32", "bf16"):
        with arithmetic(precision, device), torch.no_grad():
            sampled = generate(
                model,
                inputs.prompts(run),
                seeds=range(run.batch),
                max_new_tokens=run.new_tokens,
                stop_ids=frozenset({inputs.END}),
            )
            sequences = sampled.sequences(inputs.PAD).to(device)
            packed = completion_logprobs(model, sequences)
            of_sampler = sampled.logprob_matrix().to(device)
            found[f"sampler, {precision}"] = (packed - of_sampler).abs().max().item()
            padded = completion_logprobs(plain, sequences)
            found[f"padding, {precision}"] = (packed - padded).abs().max().item()
    return found


def timing(run: Run, device: torch.device) -> dict[str, object]:
    """One work: its rate, FLOP/s by phase, and the memory it took."""
    gc.collect()  # a timed trainer holds itself
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    stopwatch = Stopwatch(device)
    work = import_module(f"benchmarks.{run.work}")
    done = (work.ours if run.setting == OURS else work.peer)(run, device, stopwatch)
    return {
        "rate": done.units / stopwatch.seconds["all"],
        "unit": WORKS[run.work].unit,
        "seconds": dict(stopwatch.seconds),
        "flops_per_second": {
            phase: done.least[phase].flops / seconds for phase, seconds in stopwatch.seconds.items()
        },
        "peak_bytes": torch.cuda.max_memory_allocated(device) if device.type == "cuda" else peak_bytes(),
    }


def attempted(action: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
    """What it gives, or why it gives nothing: a machine is lent for minutes, and the rest must still run."""
    try:
        return action(*arguments)
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}


def report(device: torch.device, checked: Run, timed: Sequence[Run]) -> dict[str, Any]:
    """All of it. Steps of PPO are finite, or are told as failed: the trainer looks at scores and gradients."""
    ceiling = ceilings(device)
    times = {f"{run.title}, {run.model}, {run.setting}": attempted(timing, run, device) for run in timed}
    for measured in times.values():
        rates = measured.get("flops_per_second", {})
        measured["share_of_matrix_rate"] = {phase: rate / ceiling.bf16 for phase, rate in rates.items()}
    differences = attempted(agreement, checked, device)
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "torch": torch.__version__,
        "ceilings": asdict(ceiling),
        "differences": differences,
        "times": times,
        "holds": not any("failed" in each for each in (differences, *times.values()))
        and all(nats <= TOLERANCE[name.split(", ")[1]] for name, nats in differences.items()),
    }


def main(arguments: Sequence[str]) -> int:
    """0 where everything holds, or there is no GPU."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu")
    parser.add_argument("--out", type=Path, default=RESULTS, help="JSON (%(default)s)")
    chosen = parser.parse_args(arguments)
    if not torch.cuda.is_available():
        print("there is no GPU here that torch can use; nothing was measured")
        return 0
    found = report(torch.device("cuda"), CHECKED, TIMED)
    text = json.dumps(found, indent=2)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0 if found["holds"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
