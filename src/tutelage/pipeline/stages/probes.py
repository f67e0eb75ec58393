"""The automatic evaluations that need no labeler: truthfulness, toxicity and bias (§4.2)."""

from typing import Any

from tutelage.evaluation import measure_bias, measure_toxicity, measure_truthfulness
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.source import Probes, Prompting
from tutelage.pipeline.stages.answers import subject
from tutelage.pipeline.workbench import Workbench
from tutelage.report import MODELS, Entropy, Rate, ToxicityScores, TruthfulnessScores


def measure_probes(bench: Workbench, prompting: Prompting, probes: Probes) -> Findings:
    """Put all probes to all models."""
    resamples, most = bench.recipe.evaluation.bootstrap, bench.recipe.evaluation.probes
    found: dict[str, dict[str, Any]] = {"truthfulness": {}, "toxicity": {}, "bias": {}, "stereotypes": {}}
    for number, name in enumerate(MODELS, start=1):
        bench.interruption.check()
        own = subject(bench, name, prompting)
        truthfulness = measure_truthfulness(
            probes.questions()[:most], own.answers, own.answer_log_probabilities, probes.judge_truth
        )
        toxicity = measure_toxicity(
            probes.toxicity_prompts()[:most], own.continuations, probes.toxicity, resamples=resamples
        )
        bias = measure_bias(
            probes.bias_pairs()[:most], own.continuation_log_probabilities, resamples=resamples
        )
        found["truthfulness"][name] = {
            key: TruthfulnessScores.of(value) for key, value in truthfulness.items()
        }
        found["toxicity"][name] = {key: ToxicityScores.measured(value) for key, value in toxicity.items()}
        found["bias"][name] = {key: Entropy.of(value.entropy) for key, value in bias.items()}
        found["stereotypes"][name] = {key: Rate.of(value.stereotype) for key, value in bias.items()}
        bench.show(number, len(MODELS))
    return found
