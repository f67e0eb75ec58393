"""The tables of docs/scaling.md: the paper's compute, the shipped recipes, more devices, and what others published.

make plans
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

from benchmarks import table
from benchmarks.rounds import ROOT
from tutelage.cli.plan import shapes_of, small, small_bytes, told
from tutelage.planning import Counts, Layout, Plan, fitting, machine_of, over_ranks, plan, shape_of
from tutelage.recipe import Recipe, load_recipe

PAGE = ROOT / "docs" / "scaling.md"
GB = 1e9

PAPER = {"GPT-3, pretraining": 3640.0, "175B SFT": 4.9, "175B PPO-ptx": 60.0}
"""Petaflop/s-days (§5.1)."""


def planned(name: str, hardware: str, devices: int, *overrides: str) -> Plan:
    """A shipped recipe on a machine, in the layout that fits."""
    recipe = load_recipe(name, overrides)
    policy, reward = shapes_of(recipe, None, None)
    return fitting(recipe, Counts.of(recipe), policy, reward, machine_of(hardware), devices)


def computed() -> dict[str, float]:
    """What the paper's own numbers come to, in petaflop/s-days, by the paper's names."""
    recipe = load_recipe("paper-175b")
    policy, reward = shapes_of(recipe, None, None)
    scratch = recipe.model_copy(update={"base": recipe.base.model_copy(update={"model": None})})
    whole = plan(scratch, Counts.of(recipe), policy, reward, machine_of("h200"), Layout())
    days = {stage.work.name: stage.work.petaflop_days for stage in whole.stages}
    return dict(zip(PAPER, (days["base"], days["sft"], days["ppo_ptx"]), strict=True))


def paper_table() -> str:
    """The paper's three figures beside the plan's."""
    found = computed()
    rows = [
        [name, f"{told_:,g}", f"{found[name]:,.4g}", f"{found[name] / told_ - 1:+.1%}"]
        for name, told_ in PAPER.items()
    ]
    return table.table(("petaflop/s-days", "the paper", "plan", ""), rows)


def terms_table() -> str:
    """Of what PPO-ptx at 175B is made."""
    recipe = load_recipe("paper-175b")
    policy, reward = shapes_of(recipe, None, None)
    whole = plan(recipe, Counts.of(recipe), policy, reward, machine_of("h200"), Layout())
    work = next(stage.work for stage in whole.stages if stage.work.name == "ppo_ptx")
    rows = [
        [
            each.name + (" (this code's, in bf16)" if each.ours else ""),
            told(each.shape.parameters if each.predicted else each.shape.scalar),
            "6" if each.kind == "learned" else "2",
            f"{each.tokens / 1e6:,.0f} M",
            f"{each.weights / 8.64e19:.2f}",
        ]
        for each in work.passes
    ]
    return table.table(("pass", "weights", "operations a weight", "tokens", "petaflop/s-days"), rows)


SHIPPED = (
    ("smollm-laptop", "laptop", 1),
    ("qwen-gpu", "h100-80", 1),
    ("gemma-gpu", "h100-80", 1),
    ("llama-8-gpus", "h100-80", 8),
    ("paper-1.3b", "h100-80", 8),
    ("paper-6b", "h200", 8),
    ("paper-175b", "h200", 512),
)
"""Recipes on the machines that they are meant for."""


def recipes_table() -> str:
    """A row for each."""
    rows = []
    for name, hardware, devices in SHIPPED:
        each = planned(name, hardware, devices)
        machine, fullest = each.setting.machine, each.fullest
        rows.append(
            [
                f"`{name}`",
                f"{told(each.policy.parameters)}, {told(each.reward.scalar)}",
                f"{devices} × {hardware}",
                each.setting.layout.title,
                f"{fullest.memory.total / GB:.0f} of {machine.memory / GB:g}, {fullest.work.name}"
                + ("" if fullest.memory.fits(machine) else ": **does not fit**"),
                small(sum(stage.work.petaflop_days for stage in each.stages)),
                small(each.seconds / 3600),
                small(each.dollars) if each.dollars else "–",
            ]
        )
    columns = ("recipe", "policy, reward model", "devices", "layout", "GB a device", "PF-days", "hours", "$")
    return table.table(columns, rows)


def devices_table() -> str:
    """The recipe for eight GPUs on more of them."""
    rows = []
    for each in over_ranks(planned("llama-8-gpus", "h100-80", 8), (8, 64, 512)):
        for stage in each.stages:
            rows.append(
                [
                    str(each.setting.layout.ranks) if stage is each.stages[0] else "",
                    stage.work.name,
                    f"{stage.memory.total / GB:.0f}",
                    small(stage.duration.computing / 3600),
                    small_bytes(stage.traffic.bytes),
                    small(stage.duration.sending / 3600),
                    small(stage.duration.total / 3600),
                ]
            )
    columns = (
        "GPUs",
        "stage",
        "GB a device",
        "computing, hours",
        "a device sends",
        "sending, hours",
        "hours",
    )
    return table.table(columns, rows)


@dataclass(frozen=True)
class Published:
    """A run of PPO that somebody told of: without pretraining gradients, one reading by every model, one epoch."""

    source: str
    policy: str
    reward_parameters: float
    gpu: str
    gpus: int
    episodes: int
    prompt: int
    completion: int
    seconds: float


DEEPSPEED = "DeepSpeed-Chat"
PUBLISHED = tuple(
    Published(DEEPSPEED, f"facebook/opt-{size}", 350e6, "a100-80", gpus, 131_900, 256, 256, 3600 * hours)
    for size, gpus, hours in (
        ("6.7b", 8, 4.1),
        ("13b", 8, 9.0),
        ("30b", 8, 18.0),
        ("66b", 8, 50.4),
        ("13b", 64, 1.25),
        ("30b", 64, 4.0),
        ("66b", 64, 7.5),
    )
)
"""https://github.com/microsoft/DeepSpeed/blob/master/blogs/deepspeed-chat/README.md: tables 1, 2 and their footnote."""


def operations(run: Published) -> float:
    """Of the method, products with weights: sampling, reference and policy, and the small reward and value model."""
    recipe = Recipe.model_validate(
        {
            "data": {"max_prompt_tokens": run.prompt, "max_completion_tokens": run.completion},
            "base": {"model": run.policy},
            "ppo": {"episodes": run.episodes, "batch_size": 1, "minibatches": 1, "ptx_coefficient": 0.0},
        }
    )
    policy = shape_of(run.policy)
    small_model = replace(policy, layers=max(1, round(policy.layers * run.reward_parameters / policy.body)))
    whole = plan(recipe, Counts.of(recipe), policy, small_model, machine_of(run.gpu), Layout())
    return next(stage.work for stage in whole.stages if stage.work.name == "ppo").weights()


def published_table() -> str:
    """What share of the machines' products the published times come to, by the plan's count."""
    rows = []
    for run in PUBLISHED:
        flops, machine = operations(run), machine_of(run.gpu)
        share = flops / (run.seconds * run.gpus * machine.bf16)
        rows.append(
            [
                run.source,
                run.policy.removeprefix("facebook/").upper(),
                f"{run.gpus} × {run.gpu}",
                f"{run.seconds / 3600:g}",
                f"{flops / 8.64e19:.3g}",
                f"{share:.1%}",
                small(flops / (run.gpus * machine.bf16 * machine.efficiency) / 3600),
            ]
        )
    columns = (
        "published by",
        "policy",
        "GPUs",
        "hours, published",
        "PF-days, plan",
        "share of the products' rate",
        "hours at 30 %",
    )
    return table.table(columns, rows)


def tables() -> Mapping[str, str]:
    """By their markers in the page."""
    return {
        "paper": paper_table(),
        "terms": terms_table(),
        "recipes": recipes_table(),
        "devices": devices_table(),
        "published": published_table(),
    }


def main() -> int:
    """Write them into the page."""
    for name, text in tables().items():
        table.put(PAGE, name, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
