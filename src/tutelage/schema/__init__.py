"""The nouns of the method, as frozen records that are validated when made. No torch here."""

from tutelage.schema.account import Account, Role, Standing
from tutelage.schema.answer import Completion, Demonstration
from tutelage.schema.errors import InputError, RunError, explain, nearest, suggestion
from tutelage.schema.judgment import SAME_OUTPUT, Flags, LabeledAnswer, Ranking, Rating
from tutelage.schema.labeler import Group, Labeler
from tutelage.schema.packages import demand
from tutelage.schema.probe import (
    Choice,
    Criterion,
    OpenQuestion,
    Question,
    SentencePair,
    ToxicityPrompt,
    TruthJudgment,
)
from tutelage.schema.prompt import TABLE_1, Kind, Prompt, Split, UseCase
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
    "TABLE_1",
    "Account",
    "Answer",
    "AnyText",
    "Assessed",
    "Choice",
    "Completion",
    "Criterion",
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
    "OpenQuestion",
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
    "demand",
    "explain",
    "nearest",
    "suggestion",
]
