"""The run as a page: the findings of all stages put together."""

from collections.abc import Sequence
from typing import Any

from tutelage.data.counts import by_split_and_source
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.lineage import write_cards
from tutelage.pipeline.prompts import collections, distinct
from tutelage.pipeline.stages.comparisons import read_rankings
from tutelage.pipeline.stages.over_optimization import assemble
from tutelage.pipeline.workbench import Workbench
from tutelage.report import Gate, Rate, Results, read_curves, write_report

SECTIONS = ("reward_accuracy", "preference", "new_against_old", "probes", "tax", "divergence")
"""Stages whose findings are sections of the report as they are; what people say of two policies goes before models."""

WAITING = ("labeling", "new_against_old")
"""Stages in which people work and the machine waits: their time is no cost of the run."""


def make_report(bench: Workbench, ranked: Sequence[str]) -> Findings:
    """Write report.json and report.html.

    ranked: the stages that collected the reward model's rankings
    """
    found: dict[str, Any] = {}
    for stage in SECTIONS:
        if stage in bench.identities:
            found |= bench.findings(stage)
    if "labeler_folds" in bench.identities:
        found["reward_model"] = found["reward_model"] | bench.findings("labeler_folds")
    best_of_n = bench.findings("best_of_n")
    gates = [Gate.model_validate(best_of_n["gate"])]
    base = bench.findings("base")
    copying = base["copying"]
    if copying is not None:
        found["copying"] = Rate(
            rate=copying["value"], low=copying["low"], high=copying["high"], n=copying["n"]
        )
        minimum = bench.recipe.base.minimum_copy_accuracy
        if minimum is not None:
            message = f"the base model copies {copying['value']:.1%} of the probes right; asked for were {minimum:.0%}"
            gates.insert(0, Gate(name="copying", passed=copying["value"] >= minimum, message=message))
    results = Results(
        recipe=bench.recipe.deciding(),
        seed=bench.recipe.seed,
        seconds={
            stage: seconds
            for stage, seconds in bench.ledger.all_seconds(bench.identities).items()
            if stage not in WAITING
        },
        best_of_n=best_of_n["best_of_n"],
        curves=read_curves(bench.folder.metrics, [*bench.identities]),
        gates=gates,
        over_optimization=assemble(bench),
        data_counts=data_counts(bench, ranked),
        counts=counts(bench),
        **found,
    )
    write_report(bench.folder.root, results)
    write_cards(bench.folder.root, results)
    return {}


def counts(bench: Workbench) -> dict[str, int]:
    """What the run was made from and judged on."""
    data, rankings = bench.findings("data"), bench.findings("rankings")
    reward = bench.findings("reward")
    collected = [bench.findings(stage)["prompts"] for stage in collections(bench.identities)]
    return {
        "parameters": bench.findings("base")["parameters"],
        "training_prompts": data["prompts"]["train"],
        **({"collected_prompts": sum(sum(each.values()) for each in collected)} if collected else {}),
        "demonstrations": bench.findings("sft")["demonstrations"],
        "rankings": rankings["rankings"],
        "comparisons": reward["comparisons"],
        "episodes": bench.recipe.ppo.episodes,
        "test_prompts": bench.findings("answers")["prompts"],
    }


def data_counts(bench: Workbench, ranked: Sequence[str]) -> dict[str, dict[str, int]]:
    """Table 6: how many prompts each step learned from and was tried on, by split and by who wrote them."""
    data = bench.batch("data")
    prompts = [data, *(bench.batch(stage) for stage in collections(bench.identities))]
    return {
        "sft": by_split_and_source(each.prompt for each in bench.store.demonstrations(data)),
        "reward": by_split_and_source(each.prompt for each in read_rankings(bench, ranked)),
        "ppo": by_split_and_source(distinct(bench.store.prompts(batch=prompts))),
    }
