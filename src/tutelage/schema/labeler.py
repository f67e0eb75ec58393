"""Who judges (paper, section 3.4)."""

from enum import StrEnum

from tutelage.schema.record import Record, Text


class Group(StrEnum):
    """Held-out labelers write no training data; evaluation is reported for both groups."""

    training = "training"
    heldout = "heldout"


class Labeler(Record):
    name: Text
    group: Group = Group.training
