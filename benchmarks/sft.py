"""Supervised fine-tuning on texts of mixed length, about 1,400 real tokens an optimizer step of 16."""

from __future__ import annotations

import torch

from benchmarks import inputs, limits, peers
from benchmarks.limits import SHAPES, Done
from benchmarks.machine import Stopwatch
from benchmarks.plan import Run

LEARNING_RATE = 1e-5
PACKED_ROWS = 6
"""Of a packed step: filled to 256 tokens they hold about as many as 16 texts."""


def ours(run: Run, device: torch.device, stopwatch: Stopwatch) -> Done:
    """`finetune` in bf16 arithmetic, one epoch; every token but a text's first is learned."""
    from tutelage.data import Example
    from tutelage.models import arithmetic
    from tutelage.models.attention import use_fastest_attention
    from tutelage.recipe import SFTRecipe
    from tutelage.training import SilentMonitor, finetune

    model = use_fastest_attention(inputs.language_model(run, device))
    recipe = SFTRecipe(epochs=1, batch_size=run.batch, dropout=0.0, learning_rate=LEARNING_RATE)

    def train(examples: list[Example]) -> None:
        finetune(model, examples, [], recipe, run.seed, SilentMonitor(), keep=lambda *_: None)

    examples = [Example(text[:1], text[1:]) for text in inputs.demonstrations(run)]
    with arithmetic("bf16", device):
        train(examples[: run.batch])
        with stopwatch.timing():
            train(examples)
    return done(run)


def peer(run: Run, device: torch.device, stopwatch: Stopwatch) -> Done:
    """TRL's SFTTrainer in mixed precision: rows padded as they come, grouped by length, or packed."""
    from trl import SFTConfig, SFTTrainer  # type: ignore[import-not-found]

    texts = [{"input_ids": text} for text in inputs.demonstrations(run)]
    model = inputs.language_model(run, device)
    packed = run.setting == "packed"
    for rows in (texts[: run.batch], texts):  # the first is the warm-up
        arguments = SFTConfig(
            per_device_train_batch_size=PACKED_ROWS if packed else run.batch,
            num_train_epochs=1,
            learning_rate=LEARNING_RATE,
            max_length=inputs.DEMONSTRATION_TOKENS[1],
            packing=packed,
            train_sampling_strategy="group_by_length" if run.setting == "grouped" else "random",
            bf16=True,
            **peers.settings(run),
        )
        peers.epoch(SFTTrainer, arguments, model, rows, run, stopwatch)
    return done(run)


def done(run: Run) -> Done:
    """Real tokens."""
    tokens = sum(map(len, inputs.demonstrations(run)))
    return Done(tokens, {"all": limits.sft(SHAPES[run.shape], tokens, run.steps)})
