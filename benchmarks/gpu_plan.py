"""`tutelage plan` against what a GPU is seen to take: half a billion parameters, by all weights and by adapters.

    PYTHONPATH=src python3 -m benchmarks.gpu_plan --out seen.json     on a machine with a GPU, two minutes
    python -m benchmarks.gpu_plan --seen seen.json                    the table, into docs/benchmarks.md

The models have the shape of Qwen 2.5's 0.5 B and random weights; memory is what torch has given out at the fullest.
"""

from __future__ import annotations

import copy
import gc
import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    PreTrainedModel,
    Qwen2Config,
)

from benchmarks import inputs, table
from benchmarks.plan import Run
from benchmarks.rounds import PAGE
from tutelage.data import Example, RankedExample, Template
from tutelage.models import arithmetic, twin_of
from tutelage.models.attention import use_fastest_attention
from tutelage.pipeline.learners import learner
from tutelage.planning import Counts, Layout, Machine, machine_of, plan
from tutelage.planning.shapes import shape_of
from tutelage.recipe import Recipe
from tutelage.rollout import Scorer
from tutelage.training import Scores, SilentMonitor, finetune, train_reward_model
from tutelage.training.ppo import PPO

MODEL = "Qwen/Qwen2.5-0.5B"
STAGES = ("sft", "reward", "ppo_ptx")
WAYS = {"all weights": None, "LoRA, rank 16": {"rank": 16}}
PROMPT, COMPLETION, ROW, K = 128, 128, 512, 4
ROUNDS = 2
"""Steps that are timed, after one that is not; the fastest counts."""


@dataclass(frozen=True)
class Seen:
    """A step of a stage, or an iteration of PPO."""

    device: str
    way: str
    stage: str
    seconds: float
    bytes: int


def recipe_of(way: str) -> Recipe:
    """All that is read here of a recipe; every text is as long as it may be."""
    return Recipe.model_validate(
        {
            "precision": "bf16",
            "data": {"max_prompt_tokens": PROMPT, "max_completion_tokens": COMPLETION},
            "base": {"model": "given", "row_tokens": ROW},
            "sft": {
                "demonstrations": 128,
                "validation_demonstrations": 1,
                "epochs": 1,
                "batch_size": 128,
                "dropout": 0.0,
            },
            "rankings": {"prompts": 32, "minimum_completions": K, "maximum_completions": K},
            "reward": {"batch_size": 32},
            "ppo": {"episodes": 256, "batch_size": 256, "minibatches": 4, "ptx_rows_per_episode": 1},
            "lora": WAYS[way],
        }
    )


def texts(count: int, tokens: int, seed: int) -> list[list[int]]:
    """Random tokens."""
    draw = torch.Generator().manual_seed(seed)
    return torch.randint(10, 150_000, (count, tokens), generator=draw).tolist()


def configuration() -> Qwen2Config:
    """As its folder has it."""
    shape = shape_of(MODEL)
    return Qwen2Config(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_heads,
        max_position_embeddings=shape.context,
        tie_word_embeddings=shape.tied,
        pad_token_id=0,
        eos_token_id=None,
        num_labels=1,
    )


def new(kind: type, device: torch.device) -> PreTrainedModel:
    """Random weights."""
    torch.manual_seed(0)
    with device:
        return use_fastest_attention(kind.from_config(configuration())).eval()


def step_of(stage: str, recipe: Recipe, device: torch.device) -> Callable[[], object]:
    """A function that does one step of the stage on a new model."""
    if stage == "sft":
        pairs = zip(texts(128, PROMPT, 1), texts(128, COMPLETION, 2), strict=True)
        examples = [Example(*each) for each in pairs]
        model = learner(new(AutoModelForCausalLM, device), recipe, device)
        return lambda: finetune(model, examples, [], recipe.sft, 0, SilentMonitor())
    if stage == "reward":
        rankings = [
            RankedExample(prompt, texts(K, COMPLETION, seed), list(range(1, K + 1)))
            for seed, prompt in enumerate(texts(32, PROMPT, 3))
        ]
        scalar = learner(new(AutoModelForSequenceClassification, device), recipe, device, "reward")
        return lambda: train_reward_model(scalar, rankings, [], [], recipe.reward, 0, SilentMonitor())
    policy = learner(new(AutoModelForCausalLM, device), recipe, device)
    value = learner(new(AutoModelForSequenceClassification, device), recipe, device, "value")
    if recipe.lora is None:
        reference = new(AutoModelForCausalLM, device)
        judge = new(AutoModelForSequenceClassification, device)
    else:
        reference, judge = twin_of(policy, None), twin_of(value, None)
        judge.score = copy.deepcopy(value.score)
    scorer = Scorer(judge, inputs.tokenizer(Run("ppo", "tiny")), Template())
    trainer = PPO(
        policy,
        reference,
        value,
        lambda generation: Scores(scorer.score_tokens(generation.prompts, generation.completions)),
        texts(recipe.ppo.batch_size, PROMPT, 4),
        torch.tensor(texts(128, ROW, 5)),
        recipe.ppo,
        0,
        COMPLETION,
    )
    return lambda: trainer.iterate(0)


def see(way: str, stage: str, device: torch.device) -> Seen:
    """The work."""
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    with arithmetic("bf16", device):
        step = step_of(stage, recipe_of(way), device)
        taken = []
        for _ in range(1 + ROUNDS):
            torch.cuda.synchronize()
            begin = time.perf_counter()
            step()
            torch.cuda.synchronize()
            taken.append(time.perf_counter() - begin)
    peak = torch.cuda.max_memory_allocated() - before
    return Seen(torch.cuda.get_device_name(device), way, stage, min(taken[1:]), peak)


def machine_seen(device: str) -> Machine:
    """The planner's own figures of that card."""
    return machine_of("h200" if "H200" in device else "h100-80")


def planned(seen: Seen) -> tuple[float, float]:
    """Seconds of a step, and bytes, by the plan."""
    recipe, shape = recipe_of(seen.way), shape_of(MODEL)
    figures = plan(recipe, Counts.of(recipe), shape, shape, machine_seen(seen.device), Layout())
    stage = next(each for each in figures.stages if each.work.name == seen.stage)
    parts = {name: taken for name, taken in stage.duration.parts.items() if name != "validation"}
    return sum(parts.values()), stage.memory.total


def rows_of(seen: Seen) -> list[str]:
    """As the table has it."""
    taken, held = planned(seen)
    return [
        seen.stage,
        seen.way,
        f"{seen.seconds:.2f}",
        f"{taken:.2f}",
        f"{taken / seen.seconds - 1:+.0%}",
        f"{seen.bytes / 1e9:.1f}",
        f"{held / 1e9:.1f}",
        f"{held / seen.bytes - 1:+.0%}",
    ]


COLUMNS = ("step", "what learns", "seconds", "planned", "", "GB", "planned", "")


def main() -> int:
    """See, or make the table of what was seen."""
    parser = ArgumentParser(prog="python -m benchmarks.gpu_plan", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/gpu_plan.json"))
    parser.add_argument("--seen", type=Path, help="make the table of this instead")
    chosen = parser.parse_args()
    if chosen.seen:
        seen = [Seen(**each) for each in json.loads(chosen.seen.read_text())]
        text = table.table(COLUMNS, [rows_of(each) for each in seen])
        print(text)
        table.put(PAGE, "gpu-plan", text)
        return 0
    if not torch.cuda.is_available():
        print("there is no GPU here that torch can use; nothing was measured")
        return 0
    seen = []
    for way in WAYS:
        for stage in STAGES:
            seen.append(see(way, stage, torch.device("cuda", 0)))
            gc.collect()
            print(seen[-1], flush=True)
            chosen.out.parent.mkdir(parents=True, exist_ok=True)
            chosen.out.write_text(json.dumps([asdict(each) for each in seen]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
