"""A prompt: what a user asks, with what is known about the asking (paper, section 3.2 and table 1)."""

from enum import StrEnum
from functools import cached_property

from tutelage.schema.record import AnyText, Record, Text, short_hash


class UseCase(StrEnum):
    """The ten use cases of table 1, in its order."""

    generation = "generation"
    open_qa = "open_qa"
    brainstorming = "brainstorming"
    chat = "chat"
    rewrite = "rewrite"
    summarization = "summarization"
    classification = "classification"
    other = "other"
    closed_qa = "closed_qa"
    extract = "extract"


TABLE_1 = {
    UseCase.generation: 45.6,
    UseCase.open_qa: 12.4,
    UseCase.brainstorming: 11.2,
    UseCase.chat: 8.4,
    UseCase.rewrite: 6.6,
    UseCase.summarization: 4.2,
    UseCase.classification: 3.5,
    UseCase.other: 3.5,
    UseCase.closed_qa: 2.6,
    UseCase.extract: 1.9,
}
"""Per cent of the paper's prompts of each use case, in its order."""


class Kind(StrEnum):
    """The kinds of prompts that labelers write themselves (section 3.2)."""

    plain = "plain"
    few_shot = "few_shot"
    user_based = "user_based"


class Split(StrEnum):
    """The side a prompt is on. All prompts of one user are on one side (section 3.2)."""

    train = "train"
    valid = "valid"
    test = "test"


class Prompt(Record):
    """The text as the user wrote it, without any template around it."""

    text: Text
    use_case: UseCase | None = None
    user: AnyText | None = None
    kind: Kind | None = None
    split: Split | None = None

    @cached_property
    def id(self) -> str:
        """16 hex characters that depend on the text alone."""
        return short_hash(self.text)
