"""What the models can do, in figures that each carry a 95 % interval clustered by prompt (§3.6, §4).

The names are loaded on first use: only those that run a model need torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tutelage.evaluation.bias import Bias as Bias
    from tutelage.evaluation.bias import measure_bias as measure_bias
    from tutelage.evaluation.framing import QUESTION_FRAMINGS as QUESTION_FRAMINGS
    from tutelage.evaluation.framing import RESPECT_FRAMINGS as RESPECT_FRAMINGS
    from tutelage.evaluation.framing import Framing as Framing
    from tutelage.evaluation.judges import agreement_between as agreement_between
    from tutelage.evaluation.length import length_controlled_win_rates as length_controlled_win_rates
    from tutelage.evaluation.likert import likert_means as likert_means
    from tutelage.evaluation.metadata import metadata_rates as metadata_rates
    from tutelage.evaluation.preference import Ranker as Ranker
    from tutelage.evaluation.preference import head_to_head as head_to_head
    from tutelage.evaluation.preference import rank_outputs as rank_outputs
    from tutelage.evaluation.preference import win_rates as win_rates
    from tutelage.evaluation.reward_model import GapBucket as GapBucket
    from tutelage.evaluation.reward_model import accuracy_by_gap as accuracy_by_gap
    from tutelage.evaluation.reward_model import ranking_accuracy as ranking_accuracy
    from tutelage.evaluation.reward_model import score_rankings as score_rankings
    from tutelage.evaluation.selection import best_of_n as best_of_n
    from tutelage.evaluation.selection import best_of_n_curve as best_of_n_curve
    from tutelage.evaluation.strengths import bradley_terry as bradley_terry
    from tutelage.evaluation.strengths import expected_win_rate as expected_win_rate
    from tutelage.evaluation.subject import Subject as Subject
    from tutelage.evaluation.tax import DocumentLikelihood as DocumentLikelihood
    from tutelage.evaluation.tax import accuracy_change as accuracy_change
    from tutelage.evaluation.tax import answer_choices as answer_choices
    from tutelage.evaluation.tax import choice_accuracy as choice_accuracy
    from tutelage.evaluation.tax import document_log_likelihood as document_log_likelihood
    from tutelage.evaluation.tax import log_likelihood_change as log_likelihood_change
    from tutelage.evaluation.toxicity import CurvePoint as CurvePoint
    from tutelage.evaluation.toxicity import Toxicity as Toxicity
    from tutelage.evaluation.toxicity import measure_toxicity as measure_toxicity
    from tutelage.evaluation.toxicity import summarize_toxicity as summarize_toxicity
    from tutelage.evaluation.truthfulness import Truthfulness as Truthfulness
    from tutelage.evaluation.truthfulness import measure_truthfulness as measure_truthfulness
    from tutelage.labelers.intervals import Estimate as Estimate
    from tutelage.labelers.intervals import mean as mean
    from tutelage.labelers.intervals import rate as rate

_HOMES = {
    ".selection": ("best_of_n", "best_of_n_curve"),
    ".bias": ("Bias", "measure_bias"),
    ".framing": ("QUESTION_FRAMINGS", "RESPECT_FRAMINGS", "Framing"),
    "tutelage.labelers.intervals": ("Estimate", "mean", "rate"),
    ".judges": ("agreement_between",),
    ".length": ("length_controlled_win_rates",),
    ".likert": ("likert_means",),
    ".metadata": ("metadata_rates",),
    ".preference": ("Ranker", "head_to_head", "rank_outputs", "win_rates"),
    ".reward_model": ("GapBucket", "accuracy_by_gap", "ranking_accuracy", "score_rankings"),
    ".strengths": ("bradley_terry", "expected_win_rate"),
    ".subject": ("Subject",),
    ".tax": (
        "DocumentLikelihood",
        "accuracy_change",
        "answer_choices",
        "choice_accuracy",
        "document_log_likelihood",
        "log_likelihood_change",
    ),
    ".toxicity": ("CurvePoint", "Toxicity", "measure_toxicity", "summarize_toxicity"),
    ".truthfulness": ("Truthfulness", "measure_truthfulness"),
}
_FILE_OF = {name: file for file, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _FILE_OF:
        raise AttributeError(f"module 'tutelage.evaluation' has no attribute {name!r}")
    return getattr(import_module(_FILE_OF[name], __name__), name)


def __dir__() -> list[str]:
    return sorted(_FILE_OF)
