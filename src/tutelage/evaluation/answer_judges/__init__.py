"""Judges of answers (§4.2): models that tell with which probability an answer is true, or informative."""

from tutelage.evaluation.answer_judges.classifier import ClassifierJudge
from tutelage.evaluation.answer_judges.language_model import LanguageModelJudge
from tutelage.evaluation.answer_judges.opening import Judge, open_judge

__all__ = ["ClassifierJudge", "Judge", "LanguageModelJudge", "open_judge"]
