"""Before PPO: does choosing by the reward model help at all? Best of n samples against one sample of SFT.

It takes a minute and tells whether PPO is worth starting: PPO, too, can only find what the reward model can tell. And
from which n on choosing helps no more, though the score still rises.
"""

from collections.abc import Mapping, Sequence

from tutelage.data import derive
from tutelage.evaluation import best_of_n_curve, rank_outputs, win_rates
from tutelage.evaluation.over_optimization import best_of_n_points
from tutelage.evaluation.selection import highest_scored, score_candidates
from tutelage.pipeline.judges import Judges
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.prompts import test_prompts
from tutelage.pipeline.source import Utility
from tutelage.pipeline.stages.comparisons import JUDGE
from tutelage.pipeline.stages.over_optimization import ORACLE, as_points
from tutelage.pipeline.workbench import Workbench
from tutelage.report import BestOfN, Gate, Mean, OverOptimization, WinRate
from tutelage.report.results import Bound
from tutelage.schema import Prompt

Matrix = list[list[float]]
"""(prompts, samples)."""


def measure_best_of_n(bench: Workbench, reward: str, judges: Judges, utility: Utility | None) -> Findings:
    """Judge the best of n by the reward model, and by the oracle where there is one, against a plain sample.

    Without an oracle the second reward model says what choosing by the first one's score is worth as n grows.
    """
    recipe = bench.recipe
    size = recipe.evaluation.best_of
    prompts = test_prompts(bench)
    texts = [prompt.text for prompt in prompts]
    sampled = bench.sampler(bench.folder.model("sft")).sample(
        texts,
        size + 1,
        temperature=recipe.evaluation.temperature,
        max_new_tokens=recipe.data.max_completion_tokens,
        seed=derive(recipe.seed, "best_of_n"),
    )
    # The sample to beat is none of the n, or both sides would share it.
    single = [samples[0].text for samples in sampled]
    candidates = [[sample.text for sample in samples[1:]] for samples in sampled]
    scores = score_candidates(texts, candidates, bench.score(reward))
    picked: dict[Bound, Matrix] = {"reward_model": scores}
    if utility is not None:
        picked["oracle"] = worth(utility, prompts, candidates)
    judged = picked.get("oracle") or score_candidates(texts, candidates, bench.score(JUDGE))
    outputs = {"sft": single}
    for bound, own in picked.items():
        outputs[bound] = highest_scored(candidates, own)
    rates = {}
    for group, rankers in judges.groups(bench).items():
        against = win_rates(rank_outputs(prompts, outputs, rankers), "sft")
        rates[group] = {bound: WinRate.of(estimate) for bound, estimate in against.items()}
    resamples = recipe.evaluation.bootstrap
    result = BestOfN(n=size, **rates, curve=curves(picked, resamples))
    gate = judge_gate(result)
    bench.display.say(f"  {gate.message}")
    points = as_points(best_of_n_points(scores, judged, resamples=resamples))
    parted = OverOptimization(judge=judges.description or ORACLE, methods={"best_of_n": points})
    return {"best_of_n": result, "gate": gate, "over_optimization": parted}


def judge_gate(result: BestOfN) -> Gate:
    """Whether the reward model's choice beats a plain sample, surely, by those who judge the final table."""
    rate = result.heldout_labelers["reward_model"]
    interval = f"[{rate.low:.1%}, {rate.high:.1%}]"
    found = f"best of {result.n} by the reward model beats SFT {rate.win_rate:.1%} of the time {interval}"
    if rate.low > 0.5:
        return Gate(name="best_of_n", passed=True, message=found)
    return Gate(
        name="best_of_n",
        passed=False,
        message=f"{found}: nothing shows that the reward model can tell SFT's better answers from its worse ones, so "
        "PPO, which climbs the same score, cannot be expected to beat SFT; more rankings or a better base would help",
    )


def worth(utility: Utility, prompts: Sequence[Prompt], candidates: Sequence[Sequence[str]]) -> Matrix:
    """The oracle's utility of every candidate."""
    return [[utility(prompt, text) for text in own] for prompt, own in zip(prompts, candidates, strict=True)]


def curves(picked: Mapping[Bound, Matrix], resamples: int) -> dict[Bound, dict[int, Mean]]:
    """Mean utility of the best of 1, 2, 4 ... by whoever picks; nothing without an oracle."""
    if "oracle" not in picked:
        return {}
    return {
        bound: {
            size: Mean.of(estimate)
            for size, estimate in best_of_n_curve(own, picked["oracle"], resamples=resamples).items()
        }
        for bound, own in picked.items()
    }
