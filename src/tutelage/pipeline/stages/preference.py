"""The main metric: how often labelers prefer each model's answer to SFT's; and what they say of each answer (§3.6)."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from tutelage.evaluation import (
    bradley_terry,
    head_to_head,
    length_controlled_win_rates,
    likert_means,
    mean,
    metadata_rates,
    rank_outputs,
    win_rates,
)
from tutelage.evaluation.panel import parted
from tutelage.pipeline.judges import Judges
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.source import Utility
from tutelage.pipeline.stages.answers import answers_of
from tutelage.pipeline.workbench import Workbench
from tutelage.report import MODELS, Mean, Preference, Rate, Sample, Strength, WinRate
from tutelage.schema import Purpose, Ranking

BASELINE = "sft"


def looked_into(rankings: Sequence[Ranking], resamples: int) -> dict[str, Any]:
    """Win rates by use case and at equal length; strengths where choix is installed."""
    equal = length_controlled_win_rates(rankings, BASELINE, resamples=resamples)
    cases = parted(rankings, lambda ranking: ranking.prompt.use_case or "other")
    found: dict[str, Any] = {
        "by_use_case": {
            case: {name: WinRate.of(rate) for name, rate in win_rates(own, BASELINE).items()}
            for case, own in cases.items()
        },
        "equal_length": {name: WinRate.of(rate) for name, rate in equal.items()},
    }
    if find_spec("choix") is not None:  # a run needs no more than the extra `train`
        strengths = bradley_terry(rankings, baseline=BASELINE, resamples=resamples)
        found["strengths"] = {
            name: Strength.of(value) for name, value in strengths.items() if name != BASELINE
        }
    return found


def measure_preference(bench: Workbench, judges: Judges, utility: Utility | None) -> Findings:
    """Rankings and ratings of the five models' answers, into the store, and the figures that come of them."""
    resamples = bench.recipe.evaluation.bootstrap
    answers = {name: answers_of(bench, name) for name in MODELS}
    prompts = [completion.prompt for completion in answers[BASELINE]]
    outputs = {name: [completion.text for completion in own] for name, own in answers.items()}
    rates: dict[str, Any] = {}
    likert: dict[str, dict[str, Mean]] = {}
    ratings = []
    for group, rankers in judges.groups(bench).items():
        rankings = rank_outputs(prompts, outputs, rankers)
        bench.store.add_rankings(rankings, bench.batch(), Purpose.evaluation)
        rates[group] = {name: WinRate.of(rate) for name, rate in win_rates(rankings, BASELINE).items()}
        if group == "heldout_labelers":
            rates["head_to_head"] = {
                row: {column: WinRate.of(rate) for column, rate in own.items()}
                for row, own in head_to_head(rankings).items()
            }
            rates |= looked_into(rankings, resamples)
        rated = judges.rate(prompts, outputs, group, bench)
        bench.store.add_ratings(rated, bench.batch(), Purpose.evaluation)
        ratings += rated
        if rated:
            means = likert_means(rated, resamples=resamples)
            likert[group] = {name: Mean.of(estimate) for name, estimate in means.items()}
    found: dict[str, Any] = {"preference": Preference(baseline=BASELINE, judge=judges.description, **rates)}
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
    shown = range(min(bench.recipe.evaluation.samples, len(prompts)))
    found["samples"] = [
        Sample(
            prompt=prompts[row].text,
            use_case=prompts[row].use_case,
            texts={name: texts[row] for name, texts in outputs.items()},
        )
        for row in shown
    ]
    return found
