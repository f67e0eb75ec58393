"""What the ranks of a test do: train small models on the same batches, and tell what came of it.

torchrun --nproc-per-node N -m tests.distributed.worker OUT STAGE … [--shard] [--recompute] [--half] [--adapters] …
"""

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedModel

from tutelage.data import Example, RankedExample
from tutelage.distributed import joined, leads, own_rows, together
from tutelage.models import (
    Adapter,
    Architecture,
    Precision,
    add_adapter,
    arithmetic,
    new_policy,
    reward_model_from,
    spread,
    twin_of,
    value_model_from,
    whole,
)
from tutelage.recipe import BaseRecipe, PPORecipe, RewardRecipe, SFTRecipe
from tutelage.rollout import Generation
from tutelage.rollout.outside_scores import scored_apart
from tutelage.training import (
    HeldOut,
    Interrupted,
    Monitor,
    PretrainingMix,
    Scores,
    finetune,
    pretrain,
    train_policy,
    train_reward_model,
)

STAGES = ("base", "sft", "reward", "ppo")
VOCABULARY, CONTEXT = 40, 48


def numbers(*shape: int, seed: int = 0) -> Tensor:
    """Token ids that mean nothing."""
    return torch.randint(2, VOCABULARY, shape, generator=torch.Generator().manual_seed(seed))


def examples(count: int) -> list[Example]:
    """Prompts and completions of many lengths."""
    return [
        Example(numbers(3 + row % 5, seed=row).tolist(), [*numbers(1 + row % 7, seed=-row).tolist(), 0])
        for row in range(count)
    ]


def rankings(count: int) -> list[RankedExample]:
    """K of each prompt, K from 2 to 5."""
    return [
        RankedExample(
            numbers(4 + row % 3, seed=row).tolist(),
            [[*numbers(2 + each, seed=100 * row + each).tolist(), 0] for each in range(2 + row % 4)],
            [1 + (each + row) % 3 for each in range(2 + row % 4)],
        )
        for row in range(count)
    ]


def policy(seed: int = 0) -> PreTrainedModel:
    """A language model that has read nothing."""
    sizes = {"hidden_size": 32, "layers": 2, "heads": 4, "intermediate_size": 64, "context": CONTEXT}
    model = new_policy(
        Architecture(**sizes, vocabulary_size=VOCABULARY), seed, eos_token_id=0, pad_token_id=1
    )
    with torch.no_grad():
        model.get_input_embeddings().weight.mul_(20)
    return model


class Slow(Monitor):
    """Waits a moment after every step, so that a test can come in between, and stops after so many."""

    pause = 0.0
    steps: int | None = None

    def step(self, done, *arguments):  # type: ignore[no-untyped-def]
        if done == self.steps:
            self.interrupt()
        super().step(done, *arguments)
        time.sleep(self.pause)


def monitor_of(stage: str, asked: Namespace) -> Monitor:
    """One that checkpoints at every step."""
    place = Path(asked.out)
    monitor = Slow(stage, place / "checkpoints", place / "metrics.jsonl", seconds=0.0, identity="test")
    monitor.pause, monitor.steps = asked.pause, asked.steps
    return monitor


def scores_of(generation: Generation) -> Scores:
    """Likes tokens of high numbers; each rank is asked for its own rows."""

    def ask(prompts: list[str], completions: list[str]) -> list[float]:
        assert len(prompts) == len(completions) == len(own_rows(len(generation.completions)))
        numbers = [[int(token) for token in completion.split()] for completion in completions]
        return [sum(tokens) / len(tokens) / VOCABULARY for tokens in numbers]

    prompts, completions = (
        [" ".join(map(str, tokens)) for tokens in rows]
        for rows in (generation.prompts, generation.completions)
    )
    return Scores(scored_apart(ask, prompts, completions))


def trained(stage: str, asked: Namespace) -> PreTrainedModel:
    """Carry out the stage."""
    dtype = torch.bfloat16 if asked.half else None
    layout = {"shard": asked.shard, "activation_checkpointing": asked.recompute, "dtype": dtype}

    def ready(model: PreTrainedModel) -> PreTrainedModel:
        if asked.adapters:
            add_adapter(model, Adapter(rank=4, alpha=8), "policy", seed=3)
        return spread(model, **layout)

    monitor = monitor_of(stage, asked)
    if stage == "base":
        recipe = BaseRecipe(tokens=6 * 8 * 24, batch_tokens=8 * 24, micro_batch_tokens=60, warmup_steps=2)
        return pretrain(ready(policy()), numbers(20, 24), recipe, 1, monitor)
    if stage == "sft":
        model = ready(policy())
        sft = SFTRecipe(epochs=2, batch_size=7, learning_rate=1e-3, dropout=0.0, micro_batch_tokens=24)
        mix = PretrainingMix(numbers(9, 12), share=0.2)
        finetune(model, examples(20), examples(5), sft, 1, monitor, mix=mix)
        return model
    if stage == "reward":
        model = ready(reward_model_from(policy()))
        reward = RewardRecipe(batch_size=5, learning_rate=1e-3, micro_batch_tokens=60)
        train_reward_model(model, rankings(17), rankings(3), examples(60), reward, 1, monitor)
        return model
    ppo = PPORecipe(
        episodes=4 * 24,
        batch_size=24,
        minibatches=3,
        micro_batch_tokens=40,
        learning_rate=1e-3,
        value_learning_rate=1e-3,
        ptx_rows_per_episode=0.5,
    )
    value: PreTrainedModel | None = None
    if stage == "leave_one_out":
        ppo = PPORecipe(**ppo.model_dump() | {"advantages": stage, "samples_per_prompt": 3, "patience": 2})
    else:
        value = ready(value_model_from(reward_model_from(policy())))
    learning = ready(policy())
    result = train_policy(
        learning,
        twin_of(learning, None) if asked.adapters else ready(policy()),
        value,
        scores_of,
        [example.prompt for example in examples(11)],
        numbers(9, 12),
        ppo,
        1,
        monitor,
        max_completion_tokens=8,
        heldout=HeldOut(lambda model: 0.5, every=1),
    )
    return result.averaged


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, and keep the weights."""
    parser = ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("stages", choices=(*STAGES, "leave_one_out"), nargs="+")
    parser.add_argument("--shard", action="store_true")
    parser.add_argument("--recompute", action="store_true")
    parser.add_argument("--half", action="store_true")
    parser.add_argument("--adapters", action="store_true")
    parser.add_argument("--steps", type=int, help="stop after so many")
    parser.add_argument("--pause", type=float, default=0.0)
    carry_out(parser.parse_args(arguments))


def carry_out(asked: Namespace) -> None:
    """Each stage in turn."""
    torch.set_num_threads(1)
    precision: Precision = "bf16" if asked.half else "fp32"
    with joined("cpu"), together(), arithmetic(precision, torch.device("cpu")):
        for stage in asked.stages:
            try:
                plain = whole(trained(stage, asked))
            except Interrupted:
                continue
            if leads():
                torch.save(plain.state_dict(), Path(asked.out) / f"{stage}.weights")


if __name__ == "__main__":
    sys.exit(main())
