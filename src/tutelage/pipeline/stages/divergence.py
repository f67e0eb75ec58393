"""How far each policy went from the reference, which it started from: KL in nats a completion, on the test prompts."""

from tutelage.evaluation import mean
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.source import Prompting
from tutelage.pipeline.stages.answers import answers_of, subject
from tutelage.pipeline.workbench import Workbench
from tutelage.report import Mean

POLICIES = ("ppo", "ppo_ptx")


def measure_divergence(bench: Workbench, prompting: Prompting, reference: str) -> Findings:
    """Mean of log π(answer) - log π_ref(answer) over the policy's own answers, an unbiased estimate of the KL."""
    found = {}
    for number, name in enumerate(POLICIES, start=1):
        bench.interruption.check()
        answers = answers_of(bench, name)
        prompts = [answer.prompt.text for answer in answers]
        texts = [answer.text for answer in answers]
        own = subject(bench, name, prompting).answer_log_probabilities(prompts, texts)
        before = subject(bench, reference, prompting).answer_log_probabilities(prompts, texts)
        differences = [mine - its for mine, its in zip(own, before, strict=True)]
        found[name] = Mean.of(
            mean(
                differences,
                [answer.prompt.id for answer in answers],
                resamples=bench.recipe.evaluation.bootstrap,
            )
        )
        bench.show(number, len(POLICIES))
    return {"kl": found}
