"""What a device holds in a stage, byte by byte as the code holds it.

Weights, gradients and Adam's two moments are 32-bit floats. What a pass keeps for its gradient is counted tensor by
tensor for decoders like Llama (tests hold it to what torch keeps); others are near it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tutelage.planning.counts import Counts
from tutelage.planning.hardware import Machine, Precision
from tutelage.planning.layouts import Layout
from tutelage.planning.shapes import Shape
from tutelage.recipe import LoraRecipe, Recipe

FULL, HALF = 4, 2
"""Bytes of a 32-bit and of a 16-bit float."""
NF4 = 0.5 + 1 / 64 + FULL / (64 * 256)
"""Bytes of a weight of four bits: with a scale of a byte for 64, and for 256 of those scales a float."""
CPU_TOKENS, CPU_ROWS, GPU_ROWS = 2048, 128, 512
ACTIVATION_BYTES, CACHED_BYTES = 34, 4
GPU_SHARE = 0.25
"""How much passes and is sampled at once where nobody says otherwise: `models.budget`, to which tests hold these."""
CPU_LOGITS, GPU_LOGITS = 2**24, 2**27
"""Logits that exist at once: `models.unembedding`, the same."""
LOGIT_COPIES, CHUNK_COPIES = 5, 2.5
"""Of logits while their gradient is made, in 32-bit floats: at once, or a chunk at a time."""
PIECES, RANKED_PIECES, HALF_PIECES = 0.12, 0.7, 135e6
"""What stays with a process on a CPU in pieces too small for others, for freed memory is kept (`models.memory`):
in fp32 these shares of every moment's memory, the second where K completions pass in blocks of many sizes; in bf16
these bytes, whatever the model. Fitted to docs/benchmarks.md."""


@dataclass(frozen=True)
class Setting:
    """What memory and time depend on beside recipe and models."""

    machine: Machine
    layout: Layout
    precision: Precision
    lora: LoraRecipe | None = None
    """By what adapters a stage learns; None where all weights do."""

    @property
    def number(self) -> int:
        """Bytes of a number in products."""
        return HALF if self.precision == "bf16" else FULL


@dataclass(frozen=True)
class Memory:
    """Bytes of one device at the fullest moment of a stage, by what holds them."""

    held: Mapping[str, float]
    fullest: str
    """The moment."""

    @property
    def total(self) -> float:
        """All of the device's."""
        return sum(self.held.values())

    def fits(self, machine: Machine) -> bool:
        """Whether a device has room."""
        return self.total <= machine.memory


def supervised(recipe: Recipe, counts: Counts, shape: Shape, setting: Setting) -> Memory:
    """SFT and the initialization, whose batches are alike but for packed rows."""
    longest = recipe.data.max_prompt_tokens + recipe.data.max_completion_tokens
    batch = recipe.sft.batch_size * counts.episode
    tokens = at_once(shape, recipe.sft.micro_batch_tokens, longest, batch, setting)
    predicted = tokens * counts.completion / counts.episode
    return _trained(
        shape,
        shape.parameters,
        tokens,
        longest,
        predicted,
        setting,
        dropout=recipe.sft.dropout > 0,
        read=predicted,
    )


def pretrained(recipe: Recipe, shape: Shape, setting: Setting) -> Memory:
    """Packed rows."""
    base = recipe.base
    tokens = at_once(shape, base.micro_batch_tokens, base.row_tokens, base.batch_tokens, setting)
    return _trained(shape, shape.parameters, tokens, base.row_tokens, tokens, setting)


def ranked(recipe: Recipe, counts: Counts, shape: Shape, setting: Setting) -> Memory:
    """The reward model; a prompt passes with all its completions."""
    limits = recipe.data
    seen = limits.max_prompt_tokens + limits.max_completion_tokens
    longest = recipe.rankings.maximum_completions * seen
    batch = recipe.reward.batch_size * counts.completions * counts.episode
    # the budget counts a prompt with each of its completions, and it passes once with all of them
    scores = at_once(shape, recipe.reward.micro_batch_tokens, longest, batch, setting) / counts.episode
    tokens = scores * (counts.prompt / counts.completions + counts.completion)
    return _trained(shape, shape.scalar, tokens, seen, 0, setting, read=scores, pieces=RANKED_PIECES)


def drawn(recipe: Recipe, counts: Counts, shape: Shape, rows: int, setting: Setting) -> Memory:
    """Sampling by a model that is not being trained."""
    held = {"weights": float(FULL * shape.parameters)}
    return Memory(held | _sampling(recipe, counts, shape, rows, setting), "sampling")


def reinforced(
    recipe: Recipe, counts: Counts, policy: Shape, reward: Shape, setting: Setting, *, ptx: bool
) -> Memory:
    """PPO: policy and value model with optimizers, the average, reference and reward model, and a moment's own."""
    settings = recipe.ppo
    longest = recipe.data.max_prompt_tokens + recipe.data.max_completion_tokens
    learning = learned(policy, policy.parameters, setting)
    average = FULL * learning
    if settings.has_values:
        learning += learned(reward, reward.scalar, setting)
    in_parts = {
        "weights": models_of(policy, policy.parameters, 2, setting)
        + models_of(reward, reward.scalar, 2 if settings.has_values else 1, setting),
        "gradients": float(FULL * learning),
        "Adam's moments": float(2 * FULL * learning),
        "moving average": float(average),
    }
    minibatch = settings.batch_size / settings.minibatches * counts.episode
    tokens = at_once(policy, settings.micro_batch_tokens, longest, minibatch, setting)
    predicted = tokens * counts.completion / counts.episode
    moments = {
        "sampling": _sampling(recipe, counts, policy, settings.batch_size, setting),
        "learning from episodes": _passing(policy, tokens, longest, predicted, setting, read=predicted),
    }
    if settings.has_values:
        moments["the value function's learning"] = _passing(
            reward, tokens, longest, 0, setting, read=predicted
        )
    if ptx:
        row = recipe.base.row_tokens
        rows = settings.ptx_rows_per_episode * settings.batch_size / settings.minibatches * row
        tokens = at_once(policy, settings.micro_batch_tokens, row, rows, setting, whole_rows=row)
        copy = {"copied gradient": average / setting.layout.parts}
        text = _passing(policy, tokens, row, tokens, setting) | copy
        if setting.layout.ranks > 1 and not setting.layout.shard:
            text["gradient of episodes, summed already"] = float(average)
        moments["learning from pretraining text"] = text
        moments["measuring the ptx term"] = {name: 3 * size for name, size in copy.items()}
    if settings.patience is not None:
        in_parts["average that held-out judges liked best"] = float(average)
        copy = {"whole average, to sample from": float(average)}
        rows = recipe.evaluation.prompts or GPU_ROWS
        moments["sampling for held-out judges"] = _sampling(recipe, counts, policy, rows, setting) | copy
        if recipe.world is None:  # the judge is a reward model, whole in each process
            judge = {"held-out judge": float(FULL * reward.scalar)}
            moments = {name: moment | judge for name, moment in moments.items()}
    return _fullest(in_parts, moments, setting)


def learned(shape: Shape, parameters: int, setting: Setting) -> int:
    """Parameters that learn: all, or the adapter's."""
    return parameters if setting.lora is None else shape.adapter(setting.lora)


def models_of(shape: Shape, parameters: int, count: int, setting: Setting) -> float:
    """Bytes of so many models' weights, one of which learns: by an adapter, all are one with it on or off."""
    if setting.lora is None:
        return float(count * FULL * parameters)
    return kept_beside(shape, parameters, setting) + FULL * shape.adapter(setting.lora)


def kept_beside(shape: Shape, parameters: int, setting: Setting) -> float:
    """Bytes of weights that do not learn: those of the layers' matrices as products round them, or in four bits."""
    assert setting.lora is not None
    # shards are rounded when they are gathered
    rounded = FULL if setting.layout.shard else setting.number
    number = rounded if setting.lora.quantization is None else NF4
    return number * shape.body + FULL * (parameters - shape.body)


def at_once(
    shape: Shape,
    given: int | None,
    longest: float,
    batch: float,
    setting: Setting,
    whole_rows: int | None = None,
) -> float:
    """Tokens of one pass: the recipe's or the device's budget, one sequence at least, a rank's part of a batch at most.

    whole_rows: tokens of a row, where the budget is filled by rows of one length.
    """
    budget = given or tokens_at_once(shape, setting.machine)
    if whole_rows is not None:
        budget = max(1, budget // whole_rows) * whole_rows
    return min(
        max(budget, longest), max(batch / setting.layout.ranks, longest if batch >= longest else batch)
    )


def tokens_at_once(shape: Shape, machine: Machine) -> int:
    """As `models.tokens_at_once` finds it for weights of 32 bits."""
    if machine.kind == "cpu":
        return CPU_TOKENS
    a_token = ACTIVATION_BYTES * shape.width * shape.layers * FULL // 2
    return max(CPU_TOKENS, int(GPU_SHARE * machine.memory) // a_token)


def rows_at_once(shape: Shape, machine: Machine, tokens: int) -> int:
    """As `models.rows_at_once` finds it."""
    if machine.kind == "cpu":
        return CPU_ROWS
    row = 2 * CACHED_BYTES * shape.layers * shape.key_heads * shape.head_size * tokens
    return max(1, min(GPU_ROWS, int(GPU_SHARE * machine.memory) // row))


def kept_for_gradient(
    shape: Shape,
    tokens: float,
    length: float,
    setting: Setting,
    *,
    read: float | None = None,
    dropout: bool = False,
) -> float:
    """Bytes that a pass of the backbone keeps until its gradient is made, weights that were rounded for it aside.

    A layer keeps the residual stream before and within it and what each norm makes of that, as floats; queries, keys,
    values and what attention gives; of a gated feed-forward layer four states of the inner width. In bf16 each product
    keeps its own rounded input, and on a CPU attention keeps its weights, as floats and rounded.

    read: tokens at which final states are read; the last feed-forward layer computes these alone. None is all.
    """
    width, number, half = shape.width, setting.number, setting.precision == "bf16"
    own, shared = shape.heads * shape.head_size, shape.key_heads * shape.head_size
    attending: float = 4 * FULL * width + number * (2 * own + 2 * shared)
    attending += 3 * HALF * width if half else FULL * width
    if half and setting.machine.kind == "cpu":
        attending += (FULL + HALF) * shape.heads * length
    elif not half and read is not None:  # end to end, what attention gives is put in order once more
        attending += FULL * own
    if dropout:
        attending += 2 * number * width
    feeding = number * shape.inner * (4 if shape.gated else 3)
    feeding += (2 if shape.gated else 1) * HALF * width if half else FULL * width
    narrowed = 0.0 if read is None else (tokens - read) * feeding
    if setting.layout.activation_checkpointing:
        kept = tokens * (shape.layers * FULL * width + attending + feeding)
    else:
        kept = tokens * shape.layers * (attending + feeding) - narrowed
    return kept + tokens * 2 * FULL * width


def _trained(
    shape: Shape,
    parameters: int,
    tokens: float,
    length: float,
    predicted: float,
    setting: Setting,
    *,
    dropout: bool = False,
    read: float | None = None,
    pieces: float = PIECES,
) -> Memory:
    """One model and its optimizer."""
    learning = learned(shape, parameters, setting)
    in_parts = {
        "weights": models_of(shape, parameters, 1, setting),
        "gradients": float(FULL * learning),
        "Adam's moments": float(2 * FULL * learning),
    }
    moment = _passing(shape, tokens, length, predicted, setting, dropout=dropout, read=read)
    return _fullest(in_parts, {"learning": moment}, setting, pieces)


def _passing(
    shape: Shape,
    tokens: float,
    length: float,
    predicted: float,
    setting: Setting,
    *,
    dropout: bool = False,
    read: float | None = None,
) -> dict[str, float]:
    """What a pass with its gradient holds beside the model."""
    layout, outside = setting.layout, shape.head * (1 if shape.tied else 2)
    kept = kept_for_gradient(shape, tokens, length, setting, dropout=dropout, read=read)
    held = {"kept for the gradient": kept}
    a_layer, head = shape.layer_matrices, shape.head if predicted else 0
    if layout.shard:
        # a layer at work and the next one on its way, and what lies outside the layers; gradients come in full
        gathered = setting.number * (2 * a_layer + outside) + FULL * (a_layer + outside)
        held["gathered weights and gradients"] = float(gathered)
    elif setting.precision == "bf16":
        body = a_layer if layout.activation_checkpointing else shape.body
        if setting.lora is not None:  # they are rounded already, or are so one by one
            body = shape.width * shape.inner if setting.lora.quantization is not None else 0
        held["weights rounded to bf16"] = float(HALF * (body + head))
    if predicted:
        most = CPU_LOGITS if setting.machine.kind == "cpu" else GPU_LOGITS
        logits = predicted * shape.vocabulary
        if logits <= most:
            held["logits"] = LOGIT_COPIES * FULL * logits
        else:  # the unembedding's gradient is added up beside its weights
            held["logits"] = CHUNK_COPIES * FULL * most + (2 * FULL * head if setting.lora is None else 0)
        held["logits"] += 2 * setting.number * shape.width * predicted
    return held


def _sampling(recipe: Recipe, counts: Counts, shape: Shape, rows: int, setting: Setting) -> dict[str, float]:
    """What sampling holds beside the model: the cache, copied block by block, prompts, and weights of its own.

    In bf16 autocast rounds weights and the written-out decoder once more. With an adapter that decoder alone has
    weights of its own, the adapter in them, and of weights in four bits there is none.
    """
    longest = recipe.data.max_prompt_tokens + recipe.data.max_completion_tokens
    layout, machine, number = setting.layout, setting.machine, setting.number
    together = max(1.0, min(rows / layout.ranks, rows_at_once(shape, machine, longest)))
    a_token = 2 * number * shape.layers * shape.key_heads * shape.head_size
    room = (1.125 if machine.kind == "cpu" else 1.5) + 1 / shape.layers
    # all prompts that enter are read together, each padded to the longest
    read = together * counts.prompt
    states = 3 * (FULL * shape.width + number * shape.inner)
    held = {
        "cache": room * together * counts.episode * a_token,
        "prompts at work": read * (states + FULL * counts.prompt),
    }
    if setting.layout.shard:
        held["the whole policy, to sample from"] = float(FULL * shape.parameters)
    half = setting.precision == "bf16"
    if setting.lora is None:
        held["weights rounded to bf16"] = float(2 * HALF * (shape.body + shape.head) if half else 0)
    else:
        held["weights rounded to bf16"] = float(2 * HALF * shape.head if half else 0)
        held["weights with the adapter"] = float(
            number * shape.body if setting.lora.quantization is None else 0
        )
    return held


def _fullest(
    in_parts: Mapping[str, float],
    moments: Mapping[str, Mapping[str, float]],
    setting: Setting,
    pieces: float = PIECES,
) -> Memory:
    """What lasts, divided as the layout says, and the moment that needs most beside it."""
    layout = setting.layout
    lasting = {name: size / layout.parts for name, size in in_parts.items()}
    name, moment = max(moments.items(), key=lambda item: sum(item[1].values()))
    at_work = dict(moment)
    if setting.machine.kind == "cpu":
        share = pieces * sum(sum(each.values()) for each in moments.values())
        at_work["free pieces"] = HALF_PIECES if setting.precision == "bf16" else share
    return Memory(lasting | at_work, name)
