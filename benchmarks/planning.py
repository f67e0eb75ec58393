"""`tutelage plan` against what a step was seen to take: peak memory and seconds, small models, one core.

The machine's figures that the plan needs, the rates that passes and decoding reach with each model and the copy's, are
measured in the same process, after its work. What is tested is everything else: what passes, what is held, how often.
Seconds are the processor's, so that other work beside a process counts little.

make bench-plan
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from time import process_time
from typing import Literal

import torch

from benchmarks import inputs, table
from benchmarks.limits import SHAPES
from benchmarks.machine import COPIED, forget_peak, peak_bytes, resident_bytes
from benchmarks.plan import Run
from benchmarks.rounds import PAGE, ROOT, VARIABLES
from tutelage.planning import Counts, Layout, Machine, Shape, machine_of, plan, with_figures
from tutelage.planning.shapes import llama
from tutelage.recipe import Recipe

STAGES = ("sft", "reward", "ppo_ptx")
MODELS = ("tiny", "small")
PROMPT, COMPLETION, K = 32, 48, 6
ROUNDS = 3
"""Steps that are timed, after one that is not; the fastest counts."""


@dataclass(frozen=True)
class Seen:
    """One process: a step of a stage on a model, and the machine."""

    model: str
    stage: str
    seconds: float
    """Of a step; of an iteration of PPO."""
    bytes: int
    """At the fullest, above an idle process."""
    reached: float
    """FLOP/s of a pass with its gradient."""
    decoded: float
    """FLOP/s of decoding, reading weights left out."""
    copied: float
    """Bytes/s."""
    precision: Literal["fp32", "bf16"]
    """That the processor is faster in."""


def seconds(action: Callable[[], object], times: int) -> float:
    """Of the processor, the least of so many."""
    taken = []
    for _ in range(times):
        gc.collect()  # optimizers of steps before, which a stage has only one of
        begin = process_time()
        action()
        taken.append(process_time() - begin)
    return min(taken)


def recipe_of(precision: str = "auto") -> Recipe:
    """All that is read here of a recipe; every text is as long as it may be."""
    return Recipe.model_validate(
        {
            "precision": precision,
            "data": {"max_prompt_tokens": PROMPT, "max_completion_tokens": COMPLETION},
            "base": {"model": "given", "row_tokens": 128},
            "sft": {"demonstrations": 32, "validation_demonstrations": 1, "epochs": 1, "batch_size": 32},
            "rankings": {"prompts": 8, "minimum_completions": K, "maximum_completions": K},
            "reward": {"batch_size": 8},
            "ppo": {"episodes": 64, "batch_size": 64, "minibatches": 4, "ptx_rows_per_episode": 1},
        }
    )


def shape_of(model: str) -> Shape:
    """As the planner has it."""
    sizes = SHAPES[model]
    return llama(
        sizes.hidden, sizes.layers, sizes.heads, sizes.inner, sizes.vocabulary, context=inputs.CONTEXT
    )


def texts(run: Run, count: int, tokens: int, seed: int) -> list[list[int]]:
    """Random tokens."""
    draw = torch.Generator().manual_seed(seed)
    return inputs.texts(run, [tokens] * count, draw)


def step_of(stage: str, run: Run) -> Callable[[], object]:
    """A function that does one step of the stage, or an iteration, on a new model."""
    from tutelage.data import Example, RankedExample
    from tutelage.models.attention import use_fastest_attention
    from tutelage.training import SilentMonitor, finetune, train_reward_model

    device, recipe = torch.device("cpu"), recipe_of()
    if stage == "sft":
        count = recipe.sft.batch_size
        examples = [
            Example(*each)
            for each in zip(texts(run, count, PROMPT, 1), texts(run, count, COMPLETION, 2), strict=True)
        ]
        model = use_fastest_attention(inputs.language_model(run, device))
        return lambda: finetune(model, examples, [], recipe.sft, 0, SilentMonitor())
    if stage == "reward":
        rankings = [
            RankedExample(prompt, texts(run, K, COMPLETION, seed), list(range(1, K + 1)))
            for seed, prompt in enumerate(texts(run, recipe.reward.batch_size, PROMPT, 3))
        ]
        model = use_fastest_attention(inputs.scalar_model(run, device))
        return lambda: train_reward_model(model, rankings, [], [], recipe.reward, 0, SilentMonitor())
    return ppo_of(run, recipe)


def ppo_of(run: Run, recipe: Recipe) -> Callable[[], object]:
    """An iteration of PPO-ptx."""
    from tutelage.data import Template
    from tutelage.models.attention import use_fastest_attention
    from tutelage.rollout import Generation, Scorer
    from tutelage.training import Scores
    from tutelage.training.ppo import PPO

    device = torch.device("cpu")
    policy, reference = (use_fastest_attention(inputs.language_model(run, device)) for _ in range(2))
    reward, value = (use_fastest_attention(inputs.scalar_model(run, device, seed)) for seed in (1, 2))
    scorer = Scorer(reward, inputs.tokenizer(run), Template())

    def score(generation: Generation) -> Scores:
        return Scores(scorer.score_tokens(generation.prompts, generation.completions))

    prompts = texts(run, recipe.ppo.batch_size, PROMPT, 4)
    rows = torch.tensor(texts(run, 64, recipe.base.row_tokens, 5))
    trainer = PPO(policy, reference, value, score, prompts, rows, recipe.ppo, 0, COMPLETION)
    return lambda: trainer.iterate(0)


def see(model: str, stage: str) -> Seen:
    """The work, then the machine."""
    import tutelage.training  # noqa: F401  an idle process has it too
    from tutelage.models import arithmetic, keep_freed_memory
    from tutelage.models.arithmetic import faster_precision

    run, device = Run("ppo", model), torch.device("cpu")
    precision = faster_precision(device)
    with arithmetic(precision, device):
        step_of(stage, Run("ppo", "micro"))()  # an idle process has loaded what a step needs, too
        ctypes.CDLL(None).malloc_trim(0)
        keep_freed_memory()
        forget_peak()
        idle = resident_bytes()
        step = step_of(stage, run)
        step()
        taken = seconds(step, ROUNDS)
        peak = peak_bytes() - idle
        return Seen(model, stage, taken, peak, *rates(run, precision), precision)


def rates(run: Run, precision: str) -> tuple[float, float, float]:
    """What passes with a gradient reach, what decoding reaches, and what a copy reaches."""
    from tutelage.data import Sequences
    from tutelage.models import completion_logprobs
    from tutelage.models.attention import use_fastest_attention
    from tutelage.rollout import generate

    shape = shape_of(run.shape)
    model = use_fastest_attention(inputs.language_model(run, torch.device("cpu")))
    rows = 24
    sequences = Sequences.of(texts(run, rows, PROMPT, 6), texts(run, rows, COMPLETION, 7), inputs.PAD)

    def learn() -> None:
        model.zero_grad()
        completion_logprobs(model, sequences).sum().backward()

    learn()
    taken = seconds(learn, ROUNDS)
    reached = 6 * (shape.body * rows * (PROMPT + COMPLETION) + shape.head * rows * COMPLETION) / taken

    def sample(new: int) -> object:
        prompts = texts(run, 64, PROMPT, 8)
        return generate(model, prompts, seeds=range(64), max_new_tokens=new, stop_ids=frozenset())

    sample(2)
    a_step = (seconds(partial(sample, 17), 2) - seconds(partial(sample, 1), 2)) / 16
    source = torch.ones(COPIED["cpu"])
    target = torch.empty_like(source)
    copied = 2 * source.nbytes / seconds(lambda: target.copy_(source), 5)
    products = 2 * 64 * (shape.body + shape.head)
    reading = (2 if precision == "bf16" else 4) * (shape.body + shape.head) / copied
    return reached, products / max(a_step - reading, 0.1 * a_step), copied


def planned(seen: Seen) -> tuple[float, float]:
    """Seconds of a step, and bytes, by the plan with the rates that were seen."""
    recipe, shape = recipe_of(seen.precision), shape_of(seen.model)
    counts = Counts.of(recipe)
    figures = plan(recipe, counts, shape, shape, machine(seen), Layout())
    stage = next(each for each in figures.stages if each.work.name == seen.stage)
    parts = {name: taken for name, taken in stage.duration.parts.items() if name != "validation"}
    return sum(parts.values()), stage.memory.total


def machine(seen: Seen) -> Machine:
    """One core, as it was seen."""
    return with_figures(
        replace(machine_of("laptop"), name="one core"),
        bf16=seen.reached,
        fp32=seen.reached,
        bandwidth=seen.copied,
        efficiency=1.0,
        decoding=seen.decoded / seen.reached,
    )


def launched(model: str, stage: str, core: int) -> Seen:
    """In a process of its own."""
    command = ["taskset", "-c", str(core), sys.executable, "-m", "benchmarks.planning", "--see", model, stage]
    ended = subprocess.run(
        command, cwd=ROOT, env=os.environ | VARIABLES, capture_output=True, text=True, check=True
    )
    return Seen(**json.loads(ended.stdout.splitlines()[-1]))


def rows_of(seen: Seen) -> list[str]:
    """As the table has it."""
    taken, held = planned(seen)
    sizes = f"{seen.model}, {shape_of(seen.model).parameters / 1e6:.0f} M"
    return [
        seen.stage,
        sizes,
        f"{seen.seconds:.2f}",
        f"{taken:.2f}",
        f"{taken / seen.seconds - 1:+.0%}",
        f"{seen.bytes / 1e6:.0f}",
        f"{held / 1e6:.0f}",
        f"{held / seen.bytes - 1:+.0%}",
        f"{seen.reached / 1e9:.0f}",
    ]


COLUMNS = ("step", "model", "seconds", "planned", "", "MB", "planned", "", "GFLOP/s reached")


def main() -> int:
    """Print the table and write it into the page."""
    parser = ArgumentParser(prog="python -m benchmarks.planning", description=__doc__)
    parser.add_argument("--see", nargs=2, metavar=("MODEL", "STAGE"), help="this one, in this process")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    chosen = parser.parse_args()
    if chosen.see:
        print(json.dumps(asdict(see(*chosen.see))))
        return 0
    rows = [rows_of(launched(model, stage, chosen.core)) for model in MODELS for stage in STAGES]
    text = table.table(COLUMNS, rows)
    print(text)
    table.put(PAGE, "plan", text)
    return 0


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main())
