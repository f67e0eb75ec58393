"""How well the reward model agrees with labelers, on prompts it never saw (§3.5, §4.1; App. E)."""

from collections.abc import Callable, Sequence

from tutelage.data import derive
from tutelage.evaluation import accuracy_by_gap, ranking_accuracy, score_rankings
from tutelage.labelers import Annotator
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.source import Labelers, Utility
from tutelage.pipeline.stages.answers import test_prompts
from tutelage.pipeline.workbench import Workbench
from tutelage.report import Accuracy, AccuracyByGap, LabelerAgreement, RewardModel
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
    rankings = [ranking for ranking in read(bench) if ranking.prompt.split == Split.valid]
    score = bench.score(reward)
    scores = score_rankings(score, rankings)
    headline = Accuracy.of(ranking_accuracy(rankings, scores))
    bench.display.say(f"  accuracy {headline.accuracy:.1%} [{headline.low:.1%}, {headline.high:.1%}]")
    by_gap = (
        []
        if utility is None
        else [AccuracyByGap.of(bucket) for bucket in accuracy_by_gap(rankings, scores, utility)]
    )
    if labelers is None:
        return {"reward_model": RewardModel(**headline.model_dump(), by_gap=by_gap)}
    found = bench.findings("labelers")
    noise = {Group(group): amount for group, amount in found["noise"].items()}
    heldout = [
        ranking.model_copy(update={"ranks": annotator.rank(ranking.prompt, ranking.completions)})
        for ranking, annotator in zip(
            rankings, _in_turn(labelers, Group.heldout, noise[Group.heldout], len(rankings)), strict=True
        )
    ]
    sft_pairs = rank_sft_samples(bench, labelers, noise[Group.training])
    return {
        "reward_model": RewardModel(
            **headline.model_dump(),
            labeler_agreement=LabelerAgreement(**found["agreement"]),
            heldout_labelers=Accuracy.of(ranking_accuracy(heldout, scores)),
            sft_pairs=Accuracy.of(ranking_accuracy(sft_pairs, score_rankings(score, sft_pairs))),
            by_gap=by_gap,
        )
    }


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
