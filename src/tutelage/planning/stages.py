"""The stages of a run as passes through models, and as optimizer steps."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from tutelage.planning.counts import Counts
from tutelage.planning.hardware import Precision
from tutelage.planning.passes import PETAFLOP_DAY, Pass
from tutelage.planning.shapes import Shape
from tutelage.recipe import LoraRecipe, PPORecipe, Recipe


@dataclass(frozen=True)
class Steps:
    """Optimizer steps of one model."""

    shape: Shape
    parameters: int
    """Those that learn."""
    count: int
    averaged: bool = False
    """Whether a moving average follows every step."""
    measured: bool = False
    """Whether the gradient is copied in the midst of a step, to measure what the ptx term adds."""


@dataclass(frozen=True)
class StageWork:
    """What a stage computes, in all of a run."""

    name: str
    passes: tuple[Pass, ...]
    steps: tuple[Steps, ...] = ()
    alone: bool = False
    """Whether one rank does it, while the others wait."""
    lora: LoraRecipe | None = None
    """By what adapters it learns; None where all weights do, or nothing learns."""

    def weights(self, *, ours: bool = False) -> float:
        """Operations in products with weights that the method asks for; with what this code adds."""
        return sum(each.weights for each in self.passes if ours or not each.ours)

    @property
    def petaflop_days(self) -> float:
        """As the paper counts: products with weights, nothing else."""
        return self.weights() / PETAFLOP_DAY

    def times(self, count: int) -> StageWork:
        """The stage done so often."""
        steps = tuple(replace(each, count=each.count * count) for each in self.steps)
        return replace(self, passes=tuple(each.times(count) for each in self.passes), steps=steps)


def stages_of(
    recipe: Recipe, counts: Counts, policy: Shape, reward: Shape, precision: Precision
) -> list[StageWork]:
    """In the order of a run; what is sampled and read for the report is left out."""
    found = []
    found.append(finetuning(recipe, counts, policy))
    if recipe.world is not None:
        found.append(candidates(counts, policy).times(recipe.rounds))
    found.append(ranking(recipe, counts, reward).times(recipe.rounds))
    if recipe.ppo.initialization is not None:
        found.append(initialization(recipe, counts, policy))
    plain = recipe.ppo.model_copy(update={"ptx_coefficient": 0.0})
    found.append(reinforcement("ppo", plain, recipe, counts, policy, reward, precision))
    if recipe.ppo.ptx_coefficient > 0:
        mixed = reinforcement("ppo_ptx", recipe.ppo, recipe, counts, policy, reward, precision)
        found.append(mixed.times(recipe.rounds))
    if recipe.lora is not None:
        found = [by_adapters(stage, recipe.lora) if stage.steps else stage for stage in found]
    return [pretraining(recipe, policy), *found] if recipe.base.model is None else found


def by_adapters(stage: StageWork, lora: LoraRecipe) -> StageWork:
    """The stage where adapters learn instead of all weights."""
    passes = tuple(
        replace(each, adapter=each.shape.adapter(lora)) if each.kind == "learned" else each
        for each in stage.passes
    )
    steps = tuple(replace(each, parameters=each.shape.adapter(lora)) for each in stage.steps)
    return replace(stage, passes=passes, steps=steps, lora=lora)


def pretraining(recipe: Recipe, shape: Shape) -> StageWork:
    """Of `base.tokens` tokens in packed rows."""
    base = recipe.base
    steps = max(1, base.tokens // base.batch_tokens)
    rows = max(1, base.batch_tokens // base.row_tokens)
    text = Pass("pretraining text", shape, base.tokens, base.tokens, base.row_tokens, steps, rows, "learned")
    return StageWork("base", (text,), (Steps(shape, shape.parameters, steps),))


def finetuning(recipe: Recipe, counts: Counts, shape: Shape) -> StageWork:
    """Of all demonstrations in every epoch, with the validation loss after each."""
    epochs = recipe.sft.epochs
    steps = epochs * math.ceil(counts.demonstrations / recipe.sft.batch_size)
    passes = (
        _demonstrations(recipe, counts, shape, epochs, steps),
        Pass(
            "validation",
            shape,
            epochs * counts.validation * counts.episode,
            epochs * counts.validation * counts.completion,
            counts.episode,
            epochs,
            counts.validation,
            ours=True,
        ),
    )
    return StageWork("sft", passes, (Steps(shape, shape.parameters, steps),))


def candidates(counts: Counts, shape: Shape) -> StageWork:
    """K completions of every prompt that is ranked."""
    completions = round(counts.ranked_prompts * counts.completions)
    return StageWork("rankings", _sampled(shape, counts, counts.ranked_prompts, completions, 1), alone=True)


def ranking(recipe: Recipe, counts: Counts, shape: Shape) -> StageWork:
    """Of every prompt once, and of each of its K completions once."""
    settings = recipe.reward
    steps = settings.epochs * math.ceil(counts.ranked_prompts / settings.batch_size)
    a_prompt = counts.prompt + counts.completions * counts.completion
    tokens = settings.epochs * counts.ranked_prompts * a_prompt
    passes = (Pass("rankings", shape, tokens, 0, counts.episode, steps, settings.batch_size, "learned"),)
    return StageWork("reward", passes, (Steps(shape, shape.scalar, steps),))


def initialization(recipe: Recipe, counts: Counts, shape: Shape) -> StageWork:
    """A shorter fine-tuning with packed pretraining rows beside the demonstrations."""
    settings, row = recipe.ppo.initialization, recipe.base.row_tokens
    assert settings is not None
    steps = settings.epochs * math.ceil(counts.demonstrations / recipe.sft.batch_size)
    share = settings.pretraining_share
    rows = max(1, round(recipe.sft.batch_size * share / (1 - share)))
    text = steps * rows * row
    passes = (
        _demonstrations(recipe, counts, shape, settings.epochs, steps),
        Pass("pretraining rows", shape, text, text, row, steps, rows, "learned"),
    )
    return StageWork("initialization", passes, (Steps(shape, shape.parameters, steps),))


def reinforcement(
    name: str,
    settings: PPORecipe,
    recipe: Recipe,
    counts: Counts,
    policy: Shape,
    reward: Shape,
    precision: Precision,
) -> StageWork:
    """Sampling, scoring by reward model, reference and value model, and the updates of policy and value model.

    Samples of a prompt share the reading of it where they are drawn and where the reward model scores them. Without a
    value function what belongs to it is left out.
    """
    iterations = settings.episodes // settings.batch_size
    episodes, length = iterations * settings.batch_size, counts.episode
    tokens, new = episodes * length, episodes * counts.completion
    inner = settings.inner_epochs
    updates = iterations * settings.minibatches * inner
    learning = max(0, iterations - settings.value_warmup_iterations) / iterations
    policy_updates, learned = round(learning * updates), learning * inner
    batch, minibatch = settings.batch_size, settings.batch_size // settings.minibatches

    prompts = episodes // settings.samples_per_prompt

    def scored(name: str, shape: Shape, predicted: float, *, ours: bool = False) -> Pass:
        return Pass(name, shape, tokens, predicted, length, iterations, batch, ours=ours)

    passes = [
        *_sampled(policy, counts, prompts, episodes, iterations),
        scored("reference", policy, new),
        replace(scored("reward model", reward, 0), tokens=prompts * counts.prompt + new),
    ]
    if settings.has_values:
        passes += [
            scored("values", reward, 0),
            Pass("value function", reward, inner * tokens, 0, length, updates, minibatch, "learned"),
        ]
    passes.append(
        Pass("policy", policy, learned * tokens, learned * new, length, policy_updates, minibatch, "learned")
    )
    if precision == "bf16":
        passes.append(scored("log π_old again", policy, new, ours=True))
    mixed = settings.ptx_coefficient > 0
    if mixed:
        row, rows = recipe.base.row_tokens, max(1, round(settings.ptx_rows_per_episode * minibatch))
        text = policy_updates * rows * row
        passes.append(Pass("pretraining rows", policy, text, text, row, policy_updates, rows, "learned"))
    steps = [Steps(policy, policy.parameters, policy_updates, averaged=True, measured=mixed)]
    if settings.has_values:
        steps.append(Steps(reward, reward.scalar, updates))
    return StageWork(name, tuple(passes), tuple(steps))


def _demonstrations(recipe: Recipe, counts: Counts, shape: Shape, epochs: int, steps: int) -> Pass:
    examples = epochs * counts.demonstrations
    tokens, predicted = examples * counts.episode, examples * counts.completion
    batch = recipe.sft.batch_size
    return Pass("demonstrations", shape, tokens, predicted, counts.episode, steps, batch, "learned")


def _sampled(shape: Shape, counts: Counts, prompts: int, completions: int, batches: int) -> tuple[Pass, Pass]:
    """Prompts read once each, and completions of them."""
    new = completions * counts.completion
    return (
        Pass("prompts", shape, prompts * counts.prompt, 0, counts.prompt, batches, prompts // batches),
        Pass(
            "sampling",
            shape,
            new,
            new,
            counts.prompt + counts.completion / 2,
            batches,
            completions // batches,
            "drawn",
        ),
    )
