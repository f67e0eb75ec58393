"""Before PPO: does choosing by the reward model help at all? Best of n samples against one sample of SFT.

It takes a minute and tells whether PPO is worth starting: PPO, too, can only find what the reward model can tell.
"""

from collections.abc import Callable, Sequence

from tutelage.data import derive
from tutelage.evaluation import best_of_n, best_of_n_curve, rank_outputs, win_rates
from tutelage.pipeline.judges import Judges
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.source import Utility
from tutelage.pipeline.stages.answers import test_prompts
from tutelage.pipeline.workbench import Workbench
from tutelage.report import BestOfN, Gate, Mean, WinRate
from tutelage.schema import Prompt


def measure_best_of_n(bench: Workbench, reward: str, judges: Judges, utility: Utility | None) -> Findings:
    """Judge the best of n by the reward model, and by the oracle where there is one, against a plain sample."""
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
    score = bench.score(reward)
    outputs = {"sft": single, "reward_model": best_of_n(texts, candidates, score)}
    if utility is not None:
        outputs["oracle"] = best_of_n(texts, candidates, oracle_score(prompts, utility))
    rates = {}
    for group, rankers in judges.groups(bench).items():
        against = win_rates(rank_outputs(prompts, outputs, rankers), "sft")
        rates[group] = {bound: WinRate.of(estimate) for bound, estimate in against.items()}
    result = BestOfN(n=size, **rates, curve=curves(bench, prompts, candidates, score, utility))
    gate = judge_gate(result)
    bench.display.say(f"  {gate.message}")
    return {"best_of_n": result.model_dump(mode="json"), "gate": gate.model_dump(mode="json")}


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


def oracle_score(
    prompts: Sequence[Prompt], utility: Utility
) -> Callable[[list[str], list[str]], list[float]]:
    """The oracle as a scorer of texts."""
    known = {prompt.text: prompt for prompt in prompts}
    return lambda texts, completions: [
        utility(known[text], completion) for text, completion in zip(texts, completions, strict=True)
    ]


def curves(
    bench: Workbench,
    prompts: Sequence[Prompt],
    candidates: Sequence[Sequence[str]],
    score: Callable[[list[str], list[str]], list[float]],
    utility: Utility | None,
) -> dict[str, dict[int, Mean]]:
    """Mean utility of the best of 1, 2, 4 ... by the reward model and by the oracle; nothing without an oracle."""
    if utility is None:
        return {}
    utilities = [
        [utility(prompt, text) for text in own] for prompt, own in zip(prompts, candidates, strict=True)
    ]
    flat = score(
        [prompt.text for prompt, own in zip(prompts, candidates, strict=True) for _ in own],
        [text for own in candidates for text in own],
    )
    values = iter(flat)
    scores = [[next(values) for _ in own] for own in candidates]
    resamples = bench.recipe.evaluation.bootstrap
    by = {"reward_model": scores, "oracle": utilities}
    return {
        bound: {
            size: Mean.of(estimate)
            for size, estimate in best_of_n_curve(own, utilities, resamples=resamples).items()
        }
        for bound, own in by.items()
    }
