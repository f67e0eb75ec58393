"""How well the reward model agrees with labelers, on prompts it never saw (§3.5, §4.1; App. E)."""

from collections.abc import Callable, Sequence

from tutelage.data import derive
from tutelage.evaluation import accuracy_by_gap, ranking_accuracy, score_rankings
from tutelage.evaluation.reward_figures import labeler_agreement, reward_figures
from tutelage.labelers import Annotator
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.prompts import test_prompts
from tutelage.pipeline.source import Labelers, Utility
from tutelage.pipeline.workbench import Workbench
from tutelage.report import (
    Accuracy,
    AccuracyByGap,
    CalibrationBin,
    LabelerAgreement,
    Rate,
    RewardModel,
    ScoreAtLength,
)
from tutelage.schema import Group, Ranking, Split

SFT_SAMPLES = 4
"""Samples of SFT a prompt in the pairs near where the policy starts."""


def measure_reward_model(
    bench: Workbench,
    reward: str,
    read: Callable[[Workbench], Sequence[Ranking]],
    labelers: Labelers | None,
    utility: Utility | None,
) -> Findings:
    """Accuracy on labelers' rankings of validation prompts, and, where labelers still answer, on more than that.

    read: gives rankings of the mixture that the reward model learned from; those of the valid split are judged
    """
    collected = read(bench)
    rankings = [ranking for ranking in collected if ranking.prompt.split == Split.valid]
    score = bench.score(reward)
    scores = score_rankings(score, rankings)
    measured = figures_of(rankings, scores, bench.recipe.evaluation.bootstrap)
    bench.display.say(f"  accuracy {measured.accuracy:.1%} [{measured.low:.1%}, {measured.high:.1%}]")
    if utility is not None:
        by_gap = [AccuracyByGap.of(bucket) for bucket in accuracy_by_gap(rankings, scores, utility)]
        measured = measured.model_copy(update={"by_gap": by_gap})
    if labelers is None:
        agreement = labeler_agreement(collected)
        known = LabelerAgreement(training=None if agreement is None else agreement.value)
        return {"reward_model": measured.model_copy(update={"labeler_agreement": known})}
    found = bench.findings("labelers")
    noise = {Group(group): amount for group, amount in found["noise"].items()}
    heldout = [
        ranking.model_copy(update={"ranks": annotator.rank(ranking.prompt, ranking.completions)})
        for ranking, annotator in zip(
            rankings, _in_turn(labelers, Group.heldout, noise[Group.heldout], len(rankings)), strict=True
        )
    ]
    sft_pairs = rank_sft_samples(bench, labelers, noise[Group.training])
    asked = {
        "labeler_agreement": LabelerAgreement(**found["agreement"]),
        "heldout_labelers": Accuracy.of(ranking_accuracy(heldout, scores)),
        "sft_pairs": Accuracy.of(ranking_accuracy(sft_pairs, score_rankings(score, sft_pairs))),
    }
    return {"reward_model": measured.model_copy(update=asked)}


def figures_of(rankings: Sequence[Ranking], scores: Sequence[Sequence[float]], resamples: int) -> RewardModel:
    """What rankings and scores alone say."""
    found = reward_figures(rankings, scores, resamples=resamples)
    return RewardModel(
        **Accuracy.of(found.accuracy).model_dump(),
        by_use_case={str(use_case): Accuracy.of(each) for use_case, each in found.by_use_case.items()},
        by_size={size: Accuracy.of(each) for size, each in found.by_size.items()},
        by_distance={distance: Accuracy.of(each) for distance, each in found.by_distance.items()},
        calibration=[
            CalibrationBin(
                low=each.low,
                high=each.high,
                predicted=each.predicted,
                observed=Rate.of(each.observed),
            )
            for each in found.calibration
        ],
        score_by_length=[
            ScoreAtLength(
                mean=each.score.value,
                low=each.score.low,
                high=each.score.high,
                n=each.score.n,
                shortest=each.shortest,
                longest=each.longest,
            )
            for each in found.score_by_length
        ],
    )


def rank_sft_samples(bench: Workbench, labelers: Labelers, noise: float) -> list[Ranking]:
    """Training labelers' rankings of samples of SFT alone, for test prompts."""
    prompts = test_prompts(bench)
    sampled = bench.sampler(bench.folder.model("sft")).sample(
        [prompt.text for prompt in prompts],
        SFT_SAMPLES,
        max_new_tokens=bench.recipe.data.max_completion_tokens,
        seed=derive(bench.recipe.seed, "sft_pairs"),
    )
    rankings = []
    annotators = _in_turn(labelers, Group.training, noise, len(prompts))
    for prompt, samples, annotator in zip(prompts, sampled, annotators, strict=True):
        texts = tuple(dict.fromkeys(sample.text for sample in samples))
        if len(texts) > 1:
            ranks = annotator.rank(prompt, texts)
            rankings.append(
                Ranking(prompt=prompt, completions=texts, ranks=ranks, labeler=annotator.labeler.name)
            )
    return rankings


def _in_turn(labelers: Labelers, group: Group, noise: float, count: int) -> list[Annotator]:
    annotators = labelers.annotators(group, noise)
    return [annotators[number % len(annotators)] for number in range(count)]
