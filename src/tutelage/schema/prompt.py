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
