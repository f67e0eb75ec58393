"""The main metric: how often labelers prefer each model's answer to SFT's; and what they say of each answer (§3.6)."""

from collections.abc import Mapping, Sequence
from typing import Any

from tutelage.evaluation import (
    Estimate,
    head_to_head,
    likert_means,
    mean,
    metadata_rates,
    rank_outputs,
    win_rates,
)
from tutelage.evaluation.panel import measure_panel
from tutelage.pipeline.judges import GROUP_KEYS, Judges
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.prompts import collected_texts
from tutelage.pipeline.source import Utility
from tutelage.pipeline.stages.answers import answers_of
from tutelage.pipeline.stages.new_against_old import compare
from tutelage.pipeline.workbench import Workbench
from tutelage.report import Mean, Preference, Rate, Sample, Strength, WinRate
from tutelage.schema import Group, Purpose, Ranking, Rating

BASELINE = "sft"

HELDOUT = GROUP_KEYS[Group.heldout]
"""Whose rankings are looked into: nothing was trained on what they said."""


def measure_preference(
    bench: Workbench, judges: Judges, utility: Utility | None, models: Sequence[str], earlier: str | None
) -> Findings:
    """Rankings and ratings of the models' answers, into the store, and the figures that come of them.

    earlier: the name of the policy of the round before, where the new one is to be compared with it
    """
    resamples = bench.recipe.evaluation.bootstrap
    answers = {name: answers_of(bench, name) for name in models}
    prompts = [completion.prompt for completion in answers[BASELINE]]
    outputs = {name: [completion.text for completion in own] for name, own in answers.items()}
    rates: dict[str, Any] = {}
    likert: dict[str, dict[str, Mean]] = {}
    ratings: list[Rating] = []
    of_groups: dict[str, list[Ranking]] = {}
    for group, rankers in judges.groups(bench).items():
        rankings = of_groups[group] = rank_outputs(prompts, outputs, rankers)
        bench.store.add_rankings(rankings, bench.batch(), Purpose.evaluation)
        rates[group] = of_models(win_rates(rankings, BASELINE))
        if group == HELDOUT:
            rates |= looked_into(rankings, resamples)
        rated = judges.rate(prompts, outputs, group, bench)
        bench.store.add_ratings(rated, bench.batch(), Purpose.evaluation)
        ratings += rated
        if rated:
            means = likert_means(rated, resamples=resamples)
            likert[group] = {name: Mean.of(estimate) for name, estimate in means.items()}
    found: dict[str, Any] = {"preference": Preference(baseline=BASELINE, judge=judges.description, **rates)}
    if earlier is not None:
        found["new_against_old"] = compare(bench, of_groups, earlier, judges.description)
    if ratings:
        found["likert"] = likert
        found["metadata"] = {
            name: {flag: Rate.of(estimate) for flag, estimate in flags.items()}
            for name, flags in metadata_rates(ratings).items()
        }
    if utility is not None:
        found["utility"] = {
            name: Mean.of(
                mean(
                    [utility(prompt, text) for prompt, text in zip(prompts, texts, strict=True)],
                    [prompt.id for prompt in prompts],
                    resamples=resamples,
                )
            )
            for name, texts in outputs.items()
        }
    # A page is shown around: what users of the served models asked does not stand on it.
    collected = collected_texts(bench)
    own = [row for row, prompt in enumerate(prompts) if prompt.text not in collected]
    found["samples"] = [
        Sample(
            prompt=prompts[row].text,
            use_case=prompts[row].use_case,
            texts={name: texts[row] for name, texts in outputs.items()},
        )
        for row in own[: bench.recipe.evaluation.samples]
    ]
    return found


def looked_into(rankings: Sequence[Ranking], resamples: int) -> dict[str, Any]:
    """Every model against every other; against the baseline by use case, at equal length, and in log-odds."""
    panel = measure_panel(rankings, (), {}, BASELINE, resamples=resamples)
    return {
        "head_to_head": {row: of_models(own) for row, own in head_to_head(rankings).items()},
        "by_use_case": {case: of_models(own) for case, own in panel.win_rates_by_use_case.items()},
        "equal_length": of_models(panel.win_rates_at_equal_length),
        "strengths": {
            name: Strength.of(value) for name, value in panel.strengths.items() if name != BASELINE
        },
    }


def of_models(rates: Mapping[str, Estimate]) -> dict[str, WinRate]:
    """As the report has them."""
    return {name: WinRate.of(rate) for name, rate in rates.items()}
