"""The reward model on rankings of K completions: ours by prompt, the peer on all pairs; a prompt's make one step."""

from __future__ import annotations

from itertools import combinations

import torch

from benchmarks import inputs, limits, peers
from benchmarks.limits import SHAPES, Done
from benchmarks.machine import Stopwatch
from benchmarks.plan import Run

LEARNING_RATE = 1e-5


def ours(run: Run, device: torch.device, stopwatch: Stopwatch) -> Done:
    """`train_reward_model` in bf16 arithmetic, one epoch."""
    from tutelage.data import RankedExample
    from tutelage.models import arithmetic
    from tutelage.models.attention import use_fastest_attention
    from tutelage.recipe import RewardRecipe
    from tutelage.training import SilentMonitor, train_reward_model

    model = use_fastest_attention(inputs.scalar_model(run, device))
    ranks = list(range(1, run.completions + 1))
    examples = [RankedExample(prompt, completions, ranks) for prompt, completions in inputs.rankings(run)]
    recipe = RewardRecipe(batch_size=run.batch, learning_rate=LEARNING_RATE)
    with arithmetic("bf16", device):
        train_reward_model(model, examples[: run.batch], [], [], recipe, run.seed, SilentMonitor())
        with stopwatch.timing():
            train_reward_model(model, examples, [], [], recipe, run.seed, SilentMonitor())
    return done(run)


def peer(run: Run, device: torch.device, stopwatch: Stopwatch) -> Done:
    """TRL's RewardTrainer on every pair."""
    from trl import RewardConfig, RewardTrainer  # type: ignore[import-not-found]

    pairs = [
        {"chosen_ids": prompt + better, "rejected_ids": prompt + worse}
        for prompt, completions in inputs.rankings(run)
        for better, worse in combinations(completions, 2)
    ]
    step = len(pairs) // run.steps
    model = inputs.scalar_model(run, device)
    for rows in (pairs[:step], pairs):  # the first is the warm-up
        arguments = RewardConfig(
            per_device_train_batch_size=step,
            num_train_epochs=1,
            learning_rate=LEARNING_RATE,
            max_length=inputs.CONTEXT,
            bf16=run.setting == "mixed",
            **peers.settings(run),
        )
        peers.epoch(RewardTrainer, arguments, model, rows, run, stopwatch)
    return done(run)


def done(run: Run) -> Done:
    """Comparisons, and the tokens of prompts and completions, each read once."""
    tokens = sum(len(prompt) + sum(map(len, completions)) for prompt, completions in inputs.rankings(run))
    comparisons = run.steps * run.batch * run.completions * (run.completions - 1) // 2
    return Done(comparisons, {"all": limits.reward(SHAPES[run.shape], tokens, run.steps)})
