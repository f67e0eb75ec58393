"""PPO: sample, score, update. TRL 1.12.0 is the last release that has it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from transformers import PreTrainedModel

from benchmarks import inputs, limits, peers
from benchmarks.limits import SHAPES, Cost, Done
from benchmarks.machine import Stopwatch
from benchmarks.plan import Run

if TYPE_CHECKING:
    from tutelage.training.ppo import PPO

MINIBATCHES = 8
LEARNING_RATE = 1e-6


def ours(run: Run, device: torch.device, stopwatch: Stopwatch) -> Done:
    """`training.ppo.PPO` in bf16 arithmetic."""
    from tutelage.models import arithmetic

    with arithmetic("bf16", device):
        trainer, _ = trainer_of(run, device)
        for method, phase in (("sample", "sampling"), ("update", "updates")):
            setattr(trainer, method, stopwatch.timed(phase, getattr(trainer, method)))
        trainer.iterate(0)
        with stopwatch.timing():
            generations = [trainer.iterate(1 + step)[0] for step in range(run.steps)]
    return done(run, sum(len(each) for some in generations for each in some.completions), stopwatch)


def trainer_of(
    run: Run,
    device: torch.device,
    laid_out: Callable[[PreTrainedModel], PreTrainedModel] = lambda model: model,
) -> tuple[PPO, PreTrainedModel]:
    """Our trainer, and the reward model that it asks. laid_out: lays each model over the ranks that train it."""
    from tutelage.data import Template
    from tutelage.models.attention import use_fastest_attention
    from tutelage.recipe import PPORecipe
    from tutelage.rollout import Generation, Scorer
    from tutelage.training import Scores
    from tutelage.training.ppo import PPO

    policy, reference = (use_fastest_attention(inputs.language_model(run, device)) for _ in range(2))
    reward, value = (use_fastest_attention(inputs.scalar_model(run, device, seed)) for seed in (1, 2))
    policy, reference, reward, value = map(laid_out, (policy, reference, reward, value))
    scorer = Scorer(reward, inputs.tokenizer(run), Template())
    recipe = PPORecipe(
        episodes=run.batch,
        batch_size=run.batch,
        minibatches=MINIBATCHES,
        learning_rate=LEARNING_RATE,
        value_learning_rate=LEARNING_RATE,
        ptx_coefficient=0.0,
    )

    def score(generation: Generation) -> Scores:
        return Scores(scorer.score_tokens(generation.prompts, generation.completions))

    prompts = inputs.prompts(run)
    return PPO(policy, reference, value, score, prompts, None, recipe, run.seed, run.new_tokens), reward


def peer(run: Run, device: torch.device, stopwatch: Stopwatch) -> Done:
    """`mixed` by the variable that Accelerate reads: of the trainer's own bf16 flag nothing comes."""
    os.environ["ACCELERATE_MIXED_PRECISION"] = {"mixed": "bf16", "fp32": "no"}[run.setting]
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl.experimental.ppo import PPOConfig, PPOTrainer, ppo_trainer  # type: ignore[import-not-found]

    sample, forward = stopwatch.timed("sampling", ppo_trainer.batch_generation), ppo_trainer.forward
    new_tokens: list[int] = []
    update_began: list[float] = []

    class Steps(TrainerCallback):
        def on_step_end(self, *_: object, **__: object) -> None:
            stopwatch.seconds["updates"] += time.perf_counter() - update_began.pop()
            (stopwatch.start if len(new_tokens) == 1 else stopwatch.stop)()  # the first is the warm-up

    def counted(model: object, queries: torch.Tensor, *others: object) -> tuple[torch.Tensor, object]:
        rows, logits = sample(model, queries, *others)
        new_tokens.append(inputs.completion_tokens(run, rows[:, queries.shape[1] :]))
        return rows, logits

    def noticed(*arguments: object) -> object:
        if torch.is_grad_enabled() and not update_began:
            update_began.append(time.perf_counter())
        return forward(*arguments)

    ppo_trainer.batch_generation, ppo_trainer.forward = counted, noticed
    prompts = Dataset.from_dict({"input_ids": inputs.prompts(run)})
    trainer = PPOTrainer(
        args=PPOConfig(
            # one optimizer step a minibatch: with more accumulation Accelerate leaves steps out
            per_device_train_batch_size=run.batch,
            gradient_accumulation_steps=1,
            num_mini_batches=MINIBATCHES,
            num_ppo_epochs=1,
            total_episodes=run.batch * (1 + run.steps),
            local_rollout_forward_batch_size=run.batch,
            num_sample_generations=0,
            response_length=run.new_tokens,
            stop_token="eos" if run.in_use else None,
            temperature=1.0,
            kl_coef=0.02,
            gamma=1.0,
            lam=0.95,
            learning_rate=LEARNING_RATE,
            **peers.settings(run),
        ),
        processing_class=inputs.tokenizer(run, "left"),
        model=inputs.language_model(run, device),
        ref_model=inputs.language_model(run, device),
        reward_model=inputs.scalar_model(run, device, 1),
        value_model=inputs.scalar_model(run, device, 2),
        train_dataset=prompts,
        eval_dataset=prompts,
        callbacks=[Steps()],
    )
    assert trainer.accelerator.mixed_precision == os.environ["ACCELERATE_MIXED_PRECISION"]
    trainer.train()
    return done(run, sum(new_tokens[1:]), stopwatch)


def done(run: Run, new_tokens: int, stopwatch: Stopwatch) -> Done:
    """Scoring is what is neither sampling nor an update; the advantages are in it."""
    phases = stopwatch.seconds
    phases["scoring"] = phases["all"] - phases["sampling"] - phases["updates"]
    prompt_tokens = run.steps * sum(map(len, inputs.prompts(run)))
    least = limits.ppo(SHAPES[run.shape], prompt_tokens, new_tokens, run.steps * MINIBATCHES)
    total = Cost(sum(cost.flops for cost in least.values()), sum(cost.bytes for cost in least.values()))
    return Done(run.batch * run.steps, least | {"all": total})
