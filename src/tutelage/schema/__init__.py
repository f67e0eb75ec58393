"""The nouns of the method, as frozen records that are validated when made. No torch here."""

from tutelage.schema.account import Account, Role, Standing
from tutelage.schema.answer import Completion, Demonstration
from tutelage.schema.errors import InputError, RunError, explain, nearest, suggestion
from tutelage.schema.judgment import SAME_OUTPUT, Flags, LabeledAnswer, Ranking, Rating
from tutelage.schema.labeler import Group, Labeler
from tutelage.schema.probe import Choice, Question, SentencePair, ToxicityPrompt, TruthJudgment
from tutelage.schema.prompt import Kind, Prompt, Split, UseCase
from tutelage.schema.record import AnyText, Record, Text
from tutelage.schema.task import (
    ANSWER,
    ANSWERS,
    MOST_COMPLETIONS,
    Answer,
    Assessed,
    Flagged,
    Gold,
    Mark,
    Order,
    Purpose,
    Skipped,
    SkipReason,
    Task,
    TaskKind,
    WrittenCompletion,
    WrittenPrompt,
)

__all__ = [
    "ANSWER",
    "ANSWERS",
    "MOST_COMPLETIONS",
    "SAME_OUTPUT",
    "Account",
    "Answer",
    "AnyText",
    "Assessed",
    "Choice",
    "Completion",
    "Demonstration",
    "Flagged",
    "Flags",
    "Gold",
    "Group",
    "InputError",
    "Kind",
    "LabeledAnswer",
    "Labeler",
    "Mark",
    "Order",
    "Prompt",
    "Purpose",
    "Question",
    "Ranking",
    "Rating",
    "Record",
    "Role",
    "RunError",
    "SentencePair",
    "SkipReason",
    "Skipped",
    "Split",
    "Standing",
    "Task",
    "TaskKind",
    "Text",
    "ToxicityPrompt",
    "TruthJudgment",
    "UseCase",
    "WrittenCompletion",
    "WrittenPrompt",
    "explain",
    "nearest",
    "suggestion",
]
