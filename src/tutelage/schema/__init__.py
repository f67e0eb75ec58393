"""The nouns of the method, as frozen records that are validated when made. No torch here."""

from tutelage.schema.answer import Completion, Demonstration
from tutelage.schema.errors import InputError, RunError, explain, nearest, suggestion
from tutelage.schema.judgment import Flags, Ranking, Rating
from tutelage.schema.labeler import Group, Labeler
from tutelage.schema.probe import Choice, Question, SentencePair, ToxicityPrompt, TruthJudgment
from tutelage.schema.prompt import Kind, Prompt, Split, UseCase
from tutelage.schema.record import Record

__all__ = [
    "Choice",
    "Completion",
    "Demonstration",
    "Flags",
    "Group",
    "InputError",
    "Kind",
    "Labeler",
    "Prompt",
    "Question",
    "Ranking",
    "Rating",
    "Record",
    "RunError",
    "SentencePair",
    "Split",
    "ToxicityPrompt",
    "TruthJudgment",
    "UseCase",
    "explain",
    "nearest",
    "suggestion",
]
