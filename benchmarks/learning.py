"""Do the fast paths learn what the plain ones learn? The three steps by both, on the embedded world, seed by seed.

    make bench-learning

Plain is: 32-bit floats, one padded row for each sequence, a prompt read again with each of its completions, every block
computed everywhere, and transformers' own pass for every sampled token. The difference of two means over the seeds is
held against the standard error that it has because seeds of one way differ.
"""

from __future__ import annotations

import json
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from statistics import mean, stdev
from typing import Any
from unittest.mock import patch

from benchmarks import table
from benchmarks.rounds import PAGE

SETTINGS = (
    "threads=1",
    "sft.demonstrations=640",
    "sft.validation_demonstrations=100",
    "sft.epochs=2",
    "rankings.prompts=1200",
    "rankings.validation_prompts=100",
    "reward.batch_size=8",
    "ppo.episodes=2048",
    "ppo.batch_size=128",
    "ppo.minibatches=4",
    "ppo.value_warmup_iterations=2",
    "evaluation.prompts=50",
)
"""A smaller recipe than mini: some minutes a run on one core."""
WAYS: Mapping[str, Sequence[str]] = {
    "fast": ("precision=bf16",),
    "fast in fp32": ("precision=fp32",),
    "plain": ("precision=fp32",),
}
"""Between the two stand the fast paths in 32 bits: what they share with fast is not the rounding."""
PLAIN = {
    "tutelage.models.layout.packs": lambda _: False,
    "tutelage.models.forward.read_only_at": lambda *_: nullcontext(),
    "tutelage.rollout.batch.read_only_at": lambda *_: nullcontext(),
    "tutelage.rollout.batch.decoding_step": lambda _: None,
}
"""What is exchanged for the plain paths."""
CURVES = {
    "SFT, validation loss in nats a token": ("sft", "validation_loss"),
    "reward model, loss": ("reward", "loss"),
    "reward model, accuracy": ("reward", "accuracy"),
    "PPO-ptx, score": ("ppo_ptx", "score"),
    "PPO-ptx, KL in nats a completion": ("ppo_ptx", "kl"),
    "PPO-ptx, value loss": ("ppo_ptx", "value_loss"),
    "PPO-ptx, pretraining loss in nats a token": ("ppo_ptx", "ptx_loss"),
}
"""By what they are: the stage and the metric."""
LAST = 0.25
"""The part of a curve that is compared."""


@contextmanager
def by(way: str) -> Iterator[None]:
    """Inside, models compute in this way."""
    with ExitStack() as stack:
        for name, instead in PLAIN.items() if way == "plain" else ():
            stack.enter_context(patch(name, instead))
        yield


def learn(way: str, seed: int, settings: Sequence[str], folder: Path) -> dict[str, float]:
    """The end of every curve of one run."""
    from tutelage.pipeline import run
    from tutelage.recipe import load_recipe

    with by(way):
        run(load_recipe("mini", [*settings, *WAYS[way], f"seed={seed}"]), folder, until="ppo_ptx")
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    return {title: end_of(lines, *where) for title, where in CURVES.items()}


def read(kept: Path) -> dict[tuple[str, int], dict[str, float]]:
    """The ends of the curves of the runs in a file, by way and seed."""
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    return {(run["way"], run["seed"]): run["ends"] for run in map(json.loads, lines)}


def keep(kept: Path, way: str, seed: int, settings: Sequence[str]) -> None:
    """Run what is not yet in the file, and add it."""
    if (way, seed) in read(kept):
        return
    with tempfile.TemporaryDirectory() as folder:
        ends = learn(way, seed, settings, Path(folder) / "run")
    print(f"seed {seed}, {way}: {ends}", file=sys.stderr)
    with kept.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"way": way, "seed": seed, "ends": ends}) + "\n")


def end_of(lines: Sequence[Mapping[str, Any]], stage: str, metric: str) -> float:
    """The mean of the last part of a curve."""
    curve = [line[metric] for line in lines if line["stage"] == stage and metric in line]
    return mean(curve[-max(1, round(LAST * len(curve))) :])


def compared(ends: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """The table; ends: by way, seed by seed."""
    rows = []
    for title in CURVES:
        fast, rounded_as_plain, plain = ([end[title] for end in ends[way]] for way in WAYS)
        cells = (" ".join(f"{value:.3f}" for value in way) for way in (fast, rounded_as_plain, plain))
        rows.append([title, *cells, apart(fast, plain), apart(rounded_as_plain, plain)])
    return table.table(("end of a curve, seed by seed", *WAYS, "fast − plain", "fast in fp32 − plain"), rows)


def apart(these: Sequence[float], those: Sequence[float]) -> str:
    """The difference of two means and its standard error."""
    error = ((stdev(these) ** 2 + stdev(those) ** 2) / len(these)) ** 0.5
    return f"{mean(these) - mean(those):+.3f} ± {error:.3f}"


def main(arguments: Sequence[str]) -> int:
    """Print the table and write it into the page."""
    parser = ArgumentParser(prog="python -m benchmarks.learning", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="runs of each way (%(default)s)")
    parser.add_argument(
        "--kept", type=Path, help="a file of JSON lines: runs in it are not run again, others are added"
    )
    parser.add_argument("--set", action="append", default=[], help="a setting of the recipe; writes no page")
    chosen = parser.parse_args(arguments)
    if chosen.seeds < 2:
        parser.error("--seeds: one seed tells nothing of how far seeds lie apart")
    with tempfile.TemporaryDirectory() as folder:
        kept = chosen.kept or Path(folder) / "kept.jsonl"
        for seed in range(chosen.seeds):
            for way in WAYS:
                keep(kept, way, seed, [*SETTINGS, *chosen.set])
        ends = {way: [read(kept)[way, seed] for seed in range(chosen.seeds)] for way in WAYS}
    text = compared(ends)
    print(text)
    if not chosen.set:
        table.put(PAGE, "learning", text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
