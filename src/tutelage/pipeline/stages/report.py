"""The run as a page: the findings of all stages put together."""

from typing import Any

from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.workbench import Workbench
from tutelage.report import Gate, Rate, Results, read_curves, write_report

SECTIONS = ("reward_accuracy", "preference", "probes", "tax", "divergence")
"""Stages whose findings are sections of the report as they are."""


def make_report(bench: Workbench) -> Findings:
    """Write report.json and report.html."""
    found: dict[str, Any] = {}
    for stage in SECTIONS:
        if stage in bench.identities:
            found |= bench.findings(stage)
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
        recipe=bench.recipe.model_dump(mode="json"),
        seed=bench.recipe.seed,
        seconds=bench.ledger.all_seconds(bench.identities),
        best_of_n=best_of_n["best_of_n"],
        curves=read_curves(bench.folder.metrics, [*bench.identities]),
        gates=gates,
        counts=counts(bench),
        **found,
    )
    write_report(bench.folder.root, results)
    return {}


def counts(bench: Workbench) -> dict[str, int]:
    """What the run was made from and judged on."""
    data, rankings = bench.findings("data"), bench.findings("rankings")
    reward = bench.findings("reward")
    return {
        "parameters": bench.findings("base")["parameters"],
        "training_prompts": data["prompts"]["train"],
        "demonstrations": bench.findings("sft")["demonstrations"],
        "rankings": rankings["rankings"],
        "comparisons": reward["comparisons"],
        "episodes": bench.recipe.ppo.episodes,
        "test_prompts": bench.findings("answers")["prompts"],
    }
