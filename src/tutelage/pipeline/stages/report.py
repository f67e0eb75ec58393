"""The run as a page: the findings of all stages put together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.stages.comparisons import read_rankings
from tutelage.pipeline.stages.over_optimization import assemble
from tutelage.pipeline.workbench import Workbench
from tutelage.report import Gate, Rate, Results, read_curves, write_report
from tutelage.schema import Prompt, Split

SECTIONS = ("reward_accuracy", "preference", "probes", "tax", "divergence")
"""Stages whose findings are sections of the report as they are."""


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
        recipe=bench.recipe.model_dump(mode="json"),
        seed=bench.recipe.seed,
        seconds=bench.ledger.all_seconds(bench.identities),
        best_of_n=best_of_n["best_of_n"],
        curves=read_curves(bench.folder.metrics, [*bench.identities]),
        gates=gates,
        over_optimization=assemble(bench),
        data_counts=data_counts(bench, ranked),
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


def data_counts(bench: Workbench, ranked: Sequence[str]) -> dict[str, dict[str, int]]:
    """Table 6: how many prompts each step learned from and was tried on, by split and by who wrote them."""
    batch = bench.batch("data")
    return {
        "sft": by_split_and_source(each.prompt for each in bench.store.demonstrations(batch)),
        "reward": by_split_and_source(each.prompt for each in read_rankings(bench, ranked)),
        "ppo": by_split_and_source(bench.store.prompts(batch=batch)),
    }


def by_split_and_source(prompts: Iterable[Prompt]) -> dict[str, int]:
    """ "train labelers" -> how many, each prompt once; those of a kind that labelers write are theirs (§3.2)."""
    order = [f"{split} {source}" for split in Split for source in ("labelers", "customers")]
    counted = Counter(
        f"{prompt.split} {'customers' if prompt.kind is None else 'labelers'}"
        for prompt in dict.fromkeys(prompts)
    )
    return {name: counted[name] for name in order if counted[name]}
