"""TRL's trainers: what all are told, and one epoch of one of them."""

from __future__ import annotations

from tempfile import mkdtemp
from typing import Any

from transformers import PreTrainedModel, TrainerCallback

from benchmarks import inputs
from benchmarks.machine import Stopwatch
from benchmarks.plan import Run


def settings(run: Run) -> dict[str, Any]:
    """Nothing beside the work; gradient checkpointing, on by default, would cost a pass."""
    return {
        "output_dir": mkdtemp(),
        "seed": run.seed,
        "gradient_checkpointing": False,
        "use_cpu": True,
        "report_to": "none",
        "save_strategy": "no",
        "logging_steps": 1000,
        "disable_tqdm": True,
    }


class Timing(TrainerCallback):
    """Of training alone, without its set-up."""

    def __init__(self, stopwatch: Stopwatch) -> None:
        self.stopwatch = stopwatch

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """The first batch comes next."""
        self.stopwatch.start()

    def on_train_end(self, *_: Any, **__: Any) -> None:
        """The last step is done."""
        self.stopwatch.stop()


def epoch(
    trainer: type[Any],
    arguments: Any,
    model: PreTrainedModel,
    rows: list[dict[str, list[int]]],
    run: Run,
    stopwatch: Stopwatch,
) -> None:
    """Train on the rows once."""
    from datasets import Dataset

    trainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(rows),
        processing_class=inputs.tokenizer(run),
        callbacks=[Timing(stopwatch)],
    ).train()
