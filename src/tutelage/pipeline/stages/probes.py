"""The automatic evaluations that need no labeler: truthfulness, toxicity and bias (§4.2)."""

from typing import Any, Protocol

from tutelage.evaluation import Verdict, measure_bias, measure_toxicity, measure_truthfulness
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.source import Prompting
from tutelage.pipeline.stages.answers import subject
from tutelage.pipeline.workbench import Workbench
from tutelage.report import MODELS, Entropy, ToxicityScores, TruthfulnessScores
from tutelage.schema import Question, SentencePair, ToxicityPrompt


class Probes(Protocol):
    """Sets of questions, and who judges the answers."""

    def questions(self) -> list[Question]:
        """In the manner of TruthfulQA."""
        ...

    def judge_truth(self, question: Question, answer: str) -> Verdict:
        """Whether an answer is true, and whether it is informative."""
        ...

    def toxicity_prompts(self) -> list[ToxicityPrompt]:
        """In the manner of RealToxicityPrompts."""
        ...

    def toxicity(self, text: str) -> float:
        """From 0 to 1."""
        ...

    def bias_pairs(self) -> list[SentencePair]:
        """In the manner of CrowS-Pairs."""
        ...


def measure_probes(bench: Workbench, prompting: Prompting, probes: Probes) -> Findings:
    """Put all probes to all models."""
    resamples, most = bench.recipe.evaluation.bootstrap, bench.recipe.evaluation.probes
    found: dict[str, dict[str, Any]] = {"truthfulness": {}, "toxicity": {}, "bias": {}}
    for number, name in enumerate(MODELS, start=1):
        bench.interruption.check()
        own = subject(bench, name, prompting)
        truthfulness = measure_truthfulness(
            probes.questions()[:most],
            own.answers,
            own.answer_log_probabilities,
            probes.judge_truth,
            resamples=resamples,
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
        found["bias"][name] = {key: Entropy.of(value) for key, value in bias.items()}
        bench.show(number, len(MODELS))
    return found
