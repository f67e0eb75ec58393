"""`tutelage plan`: what a run will compute, hold, send, take and cost, before it is run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tutelage.cli.figures import write_figures
from tutelage.cli.run import RecipeArgument, SetOption
from tutelage.recipe import Recipe, load_recipe
from tutelage.schema import InputError

if TYPE_CHECKING:
    from tutelage.planning import Machine, Plan, Shape, StagePlan

GB, TERA = 1e9, 1e12


def plan(
    recipe: RecipeArgument = "mini",
    overrides: SetOption = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="The base model's sizes: a folder, a config.json, or a name; base.model by default.",
            metavar="MODEL",
        ),
    ] = None,
    reward_model: Annotated[
        str | None,
        typer.Option(
            help="The same of the model that reward and value model are made from.", metavar="MODEL"
        ),
    ] = None,
    hardware: Annotated[
        str, typer.Option(help="laptop, a100-80, h100-80 or h200.", metavar="NAME")
    ] = "h100-80",
    devices: Annotated[int, typer.Option(help="How many, all alike.", min=1)] = 1,
    compare: Annotated[
        str | None,
        typer.Option(help="Other numbers of devices to show beside, e.g. 8,64,512.", metavar="N,N"),
    ] = None,
    prompt_tokens: Annotated[
        float | None, typer.Option(help="A prompt's in the mean; as long as allowed by default.")
    ] = None,
    completion_tokens: Annotated[float | None, typer.Option(help="A completion's in the mean.")] = None,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="With the pretraining of the base model, base.tokens.")
    ] = False,
    flops: Annotated[
        float | None, typer.Option(help="TFLOP/s of a device's products, in the run's precision.")
    ] = None,
    memory: Annotated[float | None, typer.Option(help="GB of a device.")] = None,
    bandwidth: Annotated[float | None, typer.Option(help="GB/s of its memory.")] = None,
    link: Annotated[float | None, typer.Option(help="GB/s between devices of a node.")] = None,
    network: Annotated[float | None, typer.Option(help="GB/s of a device between nodes.")] = None,
    price: Annotated[float | None, typer.Option(help="Dollars an hour of a device.")] = None,
    efficiency: Annotated[
        float | None, typer.Option(help="Share of the products' rate that is reached.", min=0.001, max=1)
    ] = None,
    out: Annotated[str | None, typer.Option(help="All figures as JSON.", metavar="FILE.json")] = None,
) -> None:
    """Parameters, memory, operations, time, cost and layout of a run, from its recipe and a machine's figures."""
    from tutelage.planning import Counts, fitting, machine_of, over_ranks, with_figures

    if out is not None and not out.endswith(".json"):
        raise InputError("not a known format", out, "choose a name that ends in .json")
    settings = load_recipe(recipe, overrides or ())
    policy, reward = shapes_of(settings, model, reward_model)
    if from_scratch:
        settings = settings.model_copy(update={"base": settings.base.model_copy(update={"model": None})})
    machine = with_figures(
        machine_of(hardware),
        bf16=scaled(flops, TERA, "--flops"),
        fp32=scaled(flops, TERA, "--flops"),
        memory=scaled(memory, GB, "--memory"),
        bandwidth=scaled(bandwidth, GB, "--bandwidth"),
        link=scaled(link, GB, "--link"),
        network=scaled(network, GB, "--network"),
        price=price,
        efficiency=efficiency,
        decoding=None if efficiency is None else efficiency / 2,
    )
    counts = Counts.of(settings, prompt_tokens, completion_tokens)
    planned = fitting(settings, counts, policy, reward, machine, devices)
    beside = over_ranks(planned, numbers_in(compare)) if compare is not None else []
    show(planned, beside, settings, Console())
    if out is not None:
        write_figures(out, {"plan": as_figures(planned), "compared": [as_figures(each) for each in beside]})


def shapes_of(recipe: Recipe, model: str | None, reward_model: str | None) -> tuple[Shape, Shape]:
    """The policy's and the reward model's."""
    from tutelage.planning import pretrained_here, read_configuration, shape_of

    name = recipe.base.model if model is None else model
    if name is None:
        policy = pretrained_here(recipe.base.architecture)
    elif name == "mini":
        from tutelage.mini import base_folder

        policy = read_configuration(base_folder() / "config.json")
    else:
        policy = shape_of(name)
    start = recipe.reward.model if reward_model is None else reward_model
    return policy, policy if start is None else shape_of(start)


def scaled(given: float | None, unit: float, where: str) -> float | None:
    """A figure of the user's in the unit that is computed in. Raises InputError unless it is positive."""
    if given is not None and given <= 0:
        raise InputError(f"{given} is not a positive number", where)
    return None if given is None else given * unit


def numbers_in(text: str) -> list[int]:
    """`8,64` as numbers of devices. Raises InputError for anything else."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise InputError(f"{text!r} is no list of numbers", "--compare", "write 8,64,512")
    return [int(part) for part in parts]


def show(planned: Plan, beside: Sequence[Plan], recipe: Recipe, console: Console) -> None:
    """The tables, and what they rest on."""
    machine, layout = planned.setting.machine, planned.setting.layout
    console.print(
        f"{recipe.name}: policy {told(planned.policy.parameters)} parameters, reward and value model "
        f"{told(planned.reward.scalar)}; {layout.ranks} × {machine.name}, {layout.title}, {planned.setting.precision}",
        soft_wrap=True,
    )
    console.print(stage_table(planned))
    console.print(memory_line(planned.fullest, machine), soft_wrap=True)
    if not planned.fits:
        worst = planned.fullest
        missing = (worst.memory.total - machine.memory) / GB
        console.print(f"It does not fit: {worst.work.name} lacks {missing:.1f} GB a device.", soft_wrap=True)
    elif overrides := overrides_of(planned):
        console.print(f"This layout: {' '.join(f'--set {each}' for each in overrides)}", soft_wrap=True)
    if beside:
        console.print(devices_table([planned, *beside]))
    counts = planned.counts
    console.print(
        f"Assumed: {counts.demonstrations:,} demonstrations, {counts.ranked_prompts:,} ranked prompts of "
        f"{counts.completions:g} completions; prompts of {counts.prompt:g} and completions of {counts.completion:g} "
        "tokens; "
        f"{machine.efficiency:.0%} of {machine.rate(planned.setting.precision) / TERA:g} TFLOP/s reached, "
        f"${machine.price:g} an hour of a device. The report's own sampling is left out. See docs/scaling.md.",
        soft_wrap=True,
    )


def overrides_of(planned: Plan) -> list[str]:
    """What must be said for the run to be laid out as planned, beside the number of processes."""
    layout, stated = planned.setting.layout, planned.recipe.distributed
    fields = ("shard", "activation_checkpointing")
    return [
        f"distributed.{name}=true" for name in fields if getattr(layout, name) and not getattr(stated, name)
    ]


def stage_table(planned: Plan) -> Table:
    """A row for each stage, and the sum."""
    table = Table(box=None)
    table.add_column("stage")
    for column in ("PF-days", "GB a device", "sends", "hours", "$"):
        table.add_column(column, justify="right")
    for stage in planned.stages:
        table.add_row(
            stage.work.name,
            small(stage.work.petaflop_days),
            f"{stage.memory.total / GB:.1f}",
            small_bytes(stage.traffic.bytes),
            small(stage.duration.total / 3600),
            small(planned.cost(stage.duration.total)),
        )
    days = sum(stage.work.petaflop_days for stage in planned.stages)
    table.add_row(
        "all",
        small(days),
        f"{planned.fullest.memory.total / GB:.1f}",
        "",
        small(planned.seconds / 3600),
        small(planned.dollars),
    )
    return table


def devices_table(plans: Sequence[Plan]) -> Table:
    """The same run on several numbers of devices."""
    table = Table(box=None)
    table.add_column("devices", justify="right")
    table.add_column("layout")
    for column in ("GB a device", "computing, hours", "sending, hours", "all, hours", "$"):
        table.add_column(column, justify="right")
    for each in plans:
        table.add_row(
            str(each.setting.layout.ranks),
            each.setting.layout.title + ("" if each.fits else ", does not fit"),
            f"{each.fullest.memory.total / GB:.1f}",
            small(sum(stage.duration.computing for stage in each.stages) / 3600),
            small(sum(stage.duration.sending for stage in each.stages) / 3600),
            small(each.seconds / 3600),
            small(each.dollars),
        )
    return table


def memory_line(stage: StagePlan, machine: Machine) -> str:
    """What the fullest moment of the fullest stage holds."""
    parts = sorted(stage.memory.held.items(), key=lambda item: -item[1])
    held = ", ".join(f"{name} {size / GB:.1f}" for name, size in parts if size >= 0.005 * stage.memory.total)
    return f"{stage.work.name} is fullest while {stage.memory.fullest}, of {machine.memory / GB:g} GB: {held}"


def as_figures(planned: Plan) -> dict[str, Any]:
    """All of a plan, in bytes, operations, seconds and dollars."""
    return {
        "recipe": planned.recipe.name,
        "policy_parameters": planned.policy.parameters,
        "reward_parameters": planned.reward.scalar,
        "machine": planned.setting.machine,
        "layout": planned.setting.layout,
        "precision": planned.setting.precision,
        "counts": planned.counts,
        "fits": planned.fits,
        "seconds": planned.seconds,
        "dollars": planned.dollars,
        "stages": {stage.work.name: stage_figures(stage) for stage in planned.stages},
    }


def stage_figures(stage: StagePlan) -> dict[str, Any]:
    """Of one stage."""
    return {
        "petaflop_days": stage.work.petaflop_days,
        "passes": {
            each.name: {
                "tokens": each.tokens,
                "weights_flops": each.weights,
                "attention_flops": each.attention,
                "of_the_method": not each.ours,
            }
            for each in stage.work.passes
        },
        "memory": {"fullest": stage.memory.fullest, "held": stage.memory.held},
        "sends": {"gathered": stage.traffic.gathered, "summed": stage.traffic.summed},
        "seconds": {
            "parts": stage.duration.parts,
            "sending": stage.duration.sending,
            "all": stage.duration.total,
        },
    }


def told(parameters: int) -> str:
    """Parameters in millions or billions."""
    return f"{parameters / 1e9:.4g} B" if parameters >= 1e9 else f"{parameters / 1e6:.4g} M"


def small(number: float) -> str:
    """Three digits, and no more of what is large."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def small_bytes(size: float) -> str:
    """In the unit that suits."""
    for unit, name in ((1e15, "PB"), (1e12, "TB"), (1e9, "GB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return "–" if size == 0 else f"{size / 1e6:.3g} MB"
