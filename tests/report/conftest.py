"""Results of a run, made up for the tests: every section filled, with figures such as a small run gives."""

import math

import numpy as np
import pytest

from tutelage.recipe import Recipe
from tutelage.report import (
    Accuracy,
    AccuracyByGap,
    BestOfN,
    CalibrationBin,
    Entropy,
    Gate,
    LabelerAgreement,
    LabelerFold,
    LabelerFolds,
    Mean,
    OptimizationPoint,
    OverOptimization,
    Preference,
    Rate,
    Results,
    RewardModel,
    Run,
    Sample,
    ScoreAtLength,
    Series,
    Strength,
    Task,
    TaskScore,
    TaxChanges,
    ToxicityScores,
    TruthfulnessScores,
    WinRate,
)
from tutelage.report.comparison.page import render_comparison
from tutelage.report.page import render_page
from tutelage.report.results import ToxicityAt
from tutelage.schema import UseCase

ALL = ("base", "base_prompted", "sft", "ppo", "ppo_ptx")
GENERATED = {
    "squad": ("SQuADv2, F1", "rate", (0.31, 0.42, 0.35, 0.40)),
    "drop": ("DROP, F1", "rate", (0.14, 0.17, 0.11, 0.16)),
    "fr_to_en": ("French to English, BLEU", "points", (12.4, 13.1, 8.2, 12.9)),
}
"""Tasks of the tax that are asked by generation: title, unit, and what the base, SFT, PPO and PPO-ptx score."""
TAXED = ("base", "sft", "ppo", "ppo_ptx")


def made_up_results(policy_win_rate: float = 0.604) -> Results:
    """Results of a run in which PPO-ptx is preferred to SFT at the given rate."""
    scores, changes = generated_scores()
    return Results(
        recipe=Recipe(name="mini", seed=1).model_dump(mode="json")
        | {
            "world": "mini",
            "base": Recipe().base.model_dump(mode="json") | {"model": "mini"},
            "threads": 2,
            "ppo": Recipe().ppo.model_dump(mode="json") | {"episodes": 12_800, "kl_coefficient": 0.03},
        },
        seed=1,
        seconds={
            "data": 3.1,
            "base": 0.8,
            "sft": 31.2,
            "rankings": 48.0,
            "reward": 121.5,
            "ppo": 118.0,
            "ppo_ptx": 171.4,
        },
        preference=preference(policy_win_rate),
        likert={
            group: {
                model: Mean(
                    mean=2.1 + 0.8 * place + shift,
                    low=2.0 + 0.8 * place,
                    high=2.25 + 0.8 * place + shift,
                    n=600,
                )
                for place, model in enumerate(ALL)
            }
            for group, shift in (("training_labelers", 0.1), ("heldout_labelers", 0.0))
        },
        metadata={
            model: {
                "fails_task": rate(0.82 - 0.17 * place),
                "inappropriate": rate(0.2 - 0.04 * place),
                "hallucination": rate(0.41 - 0.06 * place),
                "satisfies_constraint": rate(0.12 + 0.16 * place),
                "opinion": rate(0.05),
            }
            for place, model in enumerate(ALL)
        },
        reward_model=reward_model(),
        truthfulness={
            model: {
                framing: TruthfulnessScores(
                    true=rate(0.2 + 0.1 * place + quiet),
                    true_and_informative=rate(0.15 + 0.1 * place),
                    chooses_true=rate(0.3 + 0.1 * place),
                    mass_on_true=Mean(
                        mean=0.3 + 0.1 * place, low=0.25 + 0.1 * place, high=0.35 + 0.1 * place, n=120
                    ),
                )
                for framing, quiet in (("qa", 0.02), ("instruction_qa", 0.15))
            }
            for place, model in enumerate(ALL)
        },
        toxicity={model: toxicity(place) for place, model in enumerate(ALL) if model != "base_prompted"},
        bias={
            model: {
                framing: Entropy(
                    entropy=0.4 + 0.04 * place, low=0.36 + 0.04 * place, high=0.45 + 0.04 * place, n=200
                )
                for framing in ("none", "respectful", "biased")
            }
            for place, model in enumerate(ALL)
            if model != "base_prompted"
        },
        stereotypes={
            model: {
                framing: rate(0.58 + 0.02 * place + shift, 0.05)
                for framing, shift in (("none", 0.0), ("respectful", -0.04), ("biased", 0.09))
            }
            for place, model in enumerate(ALL)
            if model != "base_prompted"
        },
        alignment_tax={
            model: {
                "facts": TaskScore(score=facts, low=facts - 0.02, high=min(1.0, facts + 0.015), n=400),
                "copying": TaskScore(score=facts - 0.01, low=facts - 0.03, high=facts, n=400),
                "documents": TaskScore(score=nats, low=nats - 0.03, high=nats + 0.03, n=40_000),
            }
            | scores[model]
            for model, facts, nats in (
                ("base", 0.985, -1.62),
                ("sft", 0.951, -1.81),
                ("ppo", 0.893, -2.10),
                ("ppo_ptx", 0.972, -1.66),
            )
        },
        tasks={
            "facts": Task(title="Facts of the world"),
            "copying": Task(title="Copying from the context, multiple choice"),
            "documents": Task(title="Held-out documents: log-probability of a token", unit="nats"),
        }
        | {
            f"{name}_{shots}": Task(title=title, unit=unit, shots=shots)
            for shots in (0, 5)
            for name, (title, unit, _) in GENERATED.items()
        },
        tax_changes=TaxChanges(
            reference="base",
            models={
                model: {
                    "facts": TaskScore(score=facts, low=facts - 0.015, high=facts + 0.015, n=400),
                    "documents": TaskScore(score=nats, low=nats - 0.02, high=nats + 0.02, n=40_000),
                }
                | changes[model]
                for model, facts, nats in (
                    ("sft", -0.034, -0.19),
                    ("ppo", -0.092, -0.48),
                    ("ppo_ptx", -0.013, -0.04),
                )
            },
        ),
        best_of_n=best_of_n(),
        utility={
            model: Mean(mean=value, low=value - 0.08, high=value + 0.08, n=600)
            for model, value in zip(ALL, (0.52, 3.61, 4.80, 5.08, 5.16), strict=True)
        },
        kl={
            model: Mean(mean=value, low=value - 0.1, high=value + 0.1, n=600)
            for model, value in (("ppo", 3.4), ("ppo_ptx", 2.6))
        },
        copying=Rate(rate=0.991, low=0.98, high=0.997, n=400),
        curves={
            "sft": {"validation_loss": Series(x=[1, 2, 3], y=[1.9, 1.5, 1.6])},
            "reward": {"loss": Series(x=list(range(40)), y=[0.69 - 0.003 * step for step in range(40)])},
            "ppo": curves(1.0, 7),
            "ppo_ptx": curves(0.85, 8),
        },
        over_optimization=over_optimization(),
        data_counts={
            "sft": {
                "train labelers": 11_295,
                "train customers": 1_430,
                "valid labelers": 1_550,
                "valid customers": 103,
            },
            "reward": {
                "train labelers": 6_623,
                "train customers": 26_584,
                "valid labelers": 3_488,
                "valid customers": 14_399,
            },
            "ppo": {"train customers": 31_144, "valid customers": 16_185},
        },
        gates=[
            Gate(
                name="Copying",
                passed=True,
                message="the base model copies 99.1 % of words from its context (at least 95 %)",
            ),
            Gate(
                name="best_of_n",
                passed=True,
                message="picking by the reward model beats SFT: 59.8 %, from 56.9 %",
            ),
            Gate(
                name="First minibatch", passed=True, message="ratio 1 and nothing clipped, in both policies"
            ),
        ],
        counts={"prompts": 6400, "demonstrations": 1000, "rankings": 2900, "comparisons": 61_480},
        samples=samples(),
    )


def preference(policy: float) -> Preference:
    """Win rates against SFT, and all against all."""
    rates = {"base": 0.041, "base_prompted": 0.263, "ppo": policy - 0.03, "ppo_ptx": policy}
    strength = {"base": 0.0, "base_prompted": 2.1, "sft": 3.2, "ppo": 3.5, "ppo_ptx": 3.6}
    return Preference(
        training_labelers={model: win(min(0.97, value + 0.02)) for model, value in rates.items()},
        heldout_labelers={model: win(value) for model, value in rates.items()},
        head_to_head={
            row: {
                column: win(1 / (1 + math.exp(strength[column] - strength[row])))
                for column in strength
                if column != row
            }
            for row in strength
        },
        by_use_case={
            use_case: {
                model: win(min(0.95, max(0.02, value + 0.05 * math.sin(3 * place + len(model)))), 0.07)
                for model, value in rates.items()
            }
            for place, use_case in enumerate(UseCase)
        },
        equal_length={
            model: win(value - 0.4 * (value - 0.5) * (value > 0.5)) for model, value in rates.items()
        },
        strengths={
            model: Strength(strength=value - 3.2, low=value - 3.35, high=value - 3.05, n=1800)
            for model, value in strength.items()
        },
    )


def win(value: float, half: float = 0.028) -> WinRate:
    """A win rate with an interval of its usual width."""
    return WinRate(win_rate=value, low=max(0.0, value - half), high=min(1.0, value + half), n=1800)


def rate(value: float, half: float = 0.03) -> Rate:
    """A rate with an interval of its usual width."""
    return Rate(rate=value, low=max(0.0, value - half), high=min(1.0, value + half), n=600)


def best_of_n() -> BestOfN:
    """Best of eight by the reward model and by the oracle."""
    return BestOfN(
        n=8,
        heldout_labelers={"reward_model": win(0.598), "oracle": win(0.731)},
        training_labelers={"reward_model": win(0.611), "oracle": win(0.742)},
        curve={
            "reward_model": {n: mean(4.8 + 0.12 * math.log2(n)) for n in (1, 2, 4, 8)},
            "oracle": {n: mean(4.8 + 0.3 * math.log2(n)) for n in (1, 2, 4, 8)},
        },
    )


def mean(value: float, half: float = 0.07) -> Mean:
    """A mean with an interval."""
    return Mean(mean=value, low=value - half, high=value + half, n=600)


def reward_model() -> RewardModel:
    """Accuracy near agreement, rising with the gap."""
    gaps = (
        (0, 0.1, 0.31, 0.56, None),
        (0.1, 0.5, 0.2, 0.66, 0.68),
        (0.5, 1, 0.17, 0.74, 0.77),
        (1, 2.5, 0.2, 0.8, 0.86),
    )
    return RewardModel(
        accuracy=0.701,
        low=0.688,
        high=0.714,
        n=9000,
        labeler_agreement=LabelerAgreement(training=0.731, heldout=0.768),
        heldout_labelers=Accuracy(accuracy=0.694, low=0.68, high=0.708, n=9000),
        sft_pairs=Accuracy(accuracy=0.652, low=0.63, high=0.674, n=3100),
        by_gap=[
            AccuracyByGap(
                low=low,
                high=high,
                share=share,
                accuracy=Accuracy(accuracy=accuracy, low=accuracy - 0.02, high=accuracy + 0.02, n=2000),
                labelers=None if agreed is None else rate(agreed, 0.02),
            )
            for low, high, share, accuracy, agreed in (*gaps, (2.5, None, 0.12, 0.91, 0.96))
        ],
        by_use_case={
            use_case: accuracy_of(0.66 + 0.012 * place, 0.035) for place, use_case in enumerate(UseCase)
        },
        by_size={size: accuracy_of(0.73 - 0.006 * size) for size in range(4, 10)},
        by_distance={ranks: accuracy_of(0.58 + 0.05 * ranks) for ranks in range(1, 8)},
        calibration=[
            CalibrationBin(
                low=low, high=low + 0.1, predicted=low + 0.05, observed=rate(0.5 + 0.78 * (low - 0.45), 0.02)
            )
            for low in (0.5, 0.6, 0.7, 0.8, 0.9)
        ],
        score_by_length=[
            ScoreAtLength(mean=value, low=value - 0.1, high=value + 0.1, n=900, shortest=first, longest=last)
            for first, last, value in (
                (0, 4, -0.9),
                (5, 9, -0.2),
                (10, 19, 0.1),
                (20, 39, 0.35),
                (40, 120, 0.2),
            )
        ],
        labeler_folds=LabelerFolds(
            seen=accuracy_of(0.712),
            unseen=accuracy_of(0.683),
            folds=[
                LabelerFold(
                    labelers=[f"labeler {n}", f"labeler {n + 5}"], accuracy=accuracy_of(0.66 + 0.01 * n, 0.03)
                )
                for n in range(5)
            ],
        ),
    )


def accuracy_of(value: float, half: float = 0.015) -> Accuracy:
    """An accuracy with an interval."""
    return Accuracy(accuracy=value, low=value - half, high=value + half, n=3000)


def over_optimization() -> OverOptimization:
    """PPO is optimised too far, PPO-ptx and best of n are not."""

    def point(label: str, kl: float, proxy: float, judged: float) -> OptimizationPoint:
        return OptimizationPoint(label=label, kl=kl, proxy=mean(proxy), judged=mean(judged))

    return OverOptimization(
        judge="the oracle",
        methods={
            "best_of_n": [
                point(
                    f"n = {n}",
                    math.log(n) - (n - 1) / n,
                    0.1 + 0.25 * math.log2(n),
                    4.8 + 0.12 * math.log2(n),
                )
                for n in (1, 2, 4, 8, 16)
            ],
            "ppo": [
                point(
                    f"iteration {10 * step}", 0.8 * step, 0.1 + 0.3 * step, 4.8 + 0.25 * step - 0.03 * step**2
                )
                for step in range(9)
            ],
            "ppo_ptx": [
                point(f"iteration {10 * step}", 0.5 * step, 0.1 + 0.25 * step, 4.8 + 0.06 * step)
                for step in range(9)
            ],
        },
    )


def generated_scores() -> tuple[dict[str, dict[str, TaskScore]], dict[str, dict[str, TaskScore]]]:
    """By model and task the score, and its change against the base; examples help all models alike."""
    scores: dict[str, dict[str, TaskScore]] = {model: {} for model in TAXED}
    changes: dict[str, dict[str, TaskScore]] = {model: {} for model in TAXED[1:]}
    for shots in (0, 5):
        for name, (_, unit, values) in GENERATED.items():
            scale = 1.0 if unit == "rate" else 100.0
            for model, value in zip(TAXED, values, strict=True):
                task, score = f"{name}_{shots}", value + 0.012 * shots * scale
                half, paired = 0.03 * scale, 0.012 * scale
                scores[model][task] = TaskScore(score=score, low=score - half, high=score + half, n=500)
                if model != "base":
                    change = value - values[0]
                    changes[model][task] = TaskScore(
                        score=change, low=change - paired, high=change + paired, n=500
                    )
    return scores, changes


def toxicity(place: int) -> dict[str, ToxicityScores]:
    """A curve that rises with the prompt's toxicity, less for later models told to be respectful."""
    found = {}
    for framing, factor in (
        ("none", 1.0),
        ("respectful", 1.0 - 0.18 * place),
        ("biased", 1.0 + 0.12 * place),
    ):
        points = [
            ToxicityAt(
                mean=value, low=value * 0.85, high=value * 1.15, n=100, prompt_low=low, prompt_high=low + 0.2
            )
            for low in (0.0, 0.2, 0.4, 0.6, 0.8)
            for value in [(0.05 + 0.4 * low) * factor]
        ]
        whole = sum(point.mean for point in points) / 5
        most = min(0.95, whole * 2.1)
        found[framing] = ToxicityScores(
            mean=whole,
            low=whole * 0.93,
            high=whole * 1.07,
            n=500,
            above_half=rate(whole * 0.7, 0.02),
            expected_maximum=Mean(mean=most, low=most * 0.95, high=most * 1.05, n=500),
            curve=points,
        )
    return found


def curves(speed: float, seed: int) -> dict[str, Series]:
    """Score and KL each iteration, utility now and then."""
    random = np.random.default_rng(seed)
    episodes = np.arange(1, 51) * 256.0
    rise = 1 - np.exp(-episodes / 5000)
    every = slice(4, None, 5)
    utility = 4.8 + 0.4 * speed * rise
    columns = {
        "score": 0.1 + 0.9 * speed * rise + random.normal(0, 0.05, 50),
        "kl": 3.2 * speed * rise + random.normal(0, 0.15, 50),
        "completion_tokens": 11 + 2 * rise + random.normal(0, 0.2, 50),
        "entropy": 1.3 - 0.3 * rise + random.normal(0, 0.02, 50),
        "clip_fraction": 0.02 + 0.04 * rise + random.normal(0, 0.005, 50),
        "explained_variance": 0.7 * rise + random.normal(0, 0.03, 50),
        "value_loss": 0.4 - 0.3 * rise + random.normal(0, 0.02, 50),
    }
    made = {name: Series(x=episodes.tolist(), y=values.tolist()) for name, values in columns.items()}
    made["utility"] = Series(
        x=episodes[every].tolist(),
        y=utility[every].tolist(),
        low=(utility[every] - 0.1).tolist(),
        high=(utility[every] + 0.1).tolist(),
    )
    return made


def samples() -> list[Sample]:
    """Six prompts, the talk's own among them."""
    texts = {
        "base": "Find five antonyms for anger. Find a word for a small boat.\nWho even reads this forum?",
        "base_prompted": "joy, happiness, delight",
        "sft": "joy, pleasure, gladness, glee, bliss",
        "ppo": "joy, glee, bliss, pleasure, happiness",
        "ppo_ptx": "joy, glee, bliss, pleasure, happiness.",
    }
    asked = "Find five synonyms for delight and sort them by their length."
    return [
        Sample(
            prompt=asked
            if not number
            else f"{asked}\n\nAnd then, as number {number}, say why <you> chose them & stop.",
            use_case="brainstorming",
            texts=texts | ({"base": " "} if number == 1 else {}),
        )
        for number in range(6)
    ]


@pytest.fixture(scope="session")
def good_run() -> Results:
    """A run that went well."""
    return made_up_results()


@pytest.fixture(scope="session")
def weaker() -> Results:
    """A run whose policy won less, with a larger weight of the KL penalty and without the probes of bias."""
    made = made_up_results(0.52)
    recipe = {**made.recipe, "name": "weaker", "ppo": {**made.recipe["ppo"], "kl_coefficient": 0.2}}
    return made.model_copy(update={"recipe": recipe, "seed": 4, "bias": None, "stereotypes": None})


@pytest.fixture(scope="session")
def report_html(good_run: Results) -> str:
    """The page of a run that went well; drawing it takes seconds."""
    return render_page(good_run)


@pytest.fixture(scope="session")
def comparison_html(good_run: Results, weaker: Results) -> str:
    """The page of two runs."""
    return render_comparison([Run("good", good_run), Run("weaker", weaker)])


@pytest.fixture
def results(good_run: Results) -> Results:
    """The same, to be changed by a test's copy."""
    return good_run


@pytest.fixture
def bare_results(results: Results) -> Results:
    """A run on real data: no oracle, one judge that is a model, no probes."""
    assert results.preference is not None
    assert results.reward_model is not None
    assert results.best_of_n is not None
    rates = results.preference.heldout_labelers
    bound = results.best_of_n.heldout_labelers["reward_model"]
    measured = results.reward_model
    return Results(
        recipe=results.recipe,
        seed=0,
        seconds={"base": 900.0},
        preference=Preference(heldout_labelers=rates, judge="a second reward model"),
        best_of_n=BestOfN(n=4, heldout_labelers={"reward_model": bound}),
        reward_model=RewardModel(accuracy=measured.accuracy, low=measured.low, high=measured.high, n=500),
        curves={"ppo": {"score": results.curves["ppo"]["score"]}},
    )
