"""Public tasks by EleutherAI's lm-evaluation-harness, answered by the project's own sampler and log-probabilities.

Prompts, tokens, cuts and metrics are the harness's, so that figures can be held against published ones. What it keeps
to itself and intervals need is kept here: the value of each document, by which two models are compared in pairs.
Needs the extra `harness`.
"""

from tutelage.schema import InputError

try:
    from tutelage.evaluation.harness.figures import Document, HarnessMetric, HarnessResult
    from tutelage.evaluation.harness.model import HarnessModel
    from tutelage.evaluation.harness.run import run_harness
    from tutelage.evaluation.harness.tasks import known_tasks
except ModuleNotFoundError as error:
    if error.name is not None and error.name.startswith("tutelage"):
        raise
    raise InputError(
        f"the evaluation harness needs {error.name}", remedy="pip install 'tutelage[harness]'"
    ) from error

__all__ = ["Document", "HarnessMetric", "HarnessModel", "HarnessResult", "known_tasks", "run_harness"]
