"""Over-optimization in a run: what best of n and the policies' training say of it, put together for the report."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from tutelage.evaluation import mean
from tutelage.evaluation.over_optimization import Optimization, training_points
from tutelage.pipeline.stages.answers import answers_of
from tutelage.pipeline.stages.comparisons import JUDGE
from tutelage.pipeline.workbench import Workbench
from tutelage.report import Mean, OptimizationPoint, OverOptimization

ORACLE = "the oracle"

POLICIES = ("ppo", "ppo_ptx")


def assemble(bench: Workbench) -> OverOptimization:
    """Best of n, as its stage found it, and each policy along its training.

    An oracle watches the training. A second reward model does not: it judges the answers of the finished policies.
    """
    found = OverOptimization.model_validate(bench.findings("best_of_n")["over_optimization"])
    logs = iterations_of(bench.folder.metrics)
    methods = dict(found.methods)
    for policy in POLICIES:
        points = as_points(training_points(logs[policy]))
        if JUDGE in bench.identities:
            points.append(finished_policy(bench, policy))
        if points:
            methods[policy] = points
    return found.model_copy(update={"methods": methods})


def iterations_of(metrics: Path) -> Mapping[str, list[dict[str, float]]]:
    """Stage -> what it logged, step by step."""
    stages: dict[str, list[dict[str, float]]] = defaultdict(list)
    for line in metrics.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        stages[entry.pop("stage")].append(entry)
    return stages


def finished_policy(bench: Workbench, policy: str) -> OptimizationPoint:
    """The averaged weights, by their answers to the test prompts, scored by both reward models."""
    answers = answers_of(bench, policy)
    prompts, texts = [answer.prompt.text for answer in answers], [answer.text for answer in answers]
    proxy, judged = (
        mean(
            bench.score(model)(prompts, texts),
            [answer.prompt.id for answer in answers],
            resamples=bench.recipe.evaluation.bootstrap,
        )
        for model in ("reward", JUDGE)
    )
    return OptimizationPoint(
        label="finished",
        kl=bench.findings("divergence")["kl"][policy]["mean"],
        proxy=Mean.of(proxy),
        judged=Mean.of(judged),
    )


def as_points(points: Sequence[Optimization]) -> list[OptimizationPoint]:
    """As the report has them."""
    return [
        OptimizationPoint(
            label=point.label,
            kl=point.kl.value,
            proxy=Mean.of(point.proxy),
            judged=None if point.judged is None else Mean.of(point.judged),
        )
        for point in points
    ]
