"""One labeler's answer to one item, as the statistics of labelers need it."""

from dataclasses import dataclass

from tutelage.schema import Mark


@dataclass(frozen=True)
class Judged:
    """What a labeler said to an item; of several answers the last one. What was not asked is empty.

    item: the same for all who saw it. ranks, marks: beside the item's completions, in the item's own order.
    seconds: spent on it. at: seconds since 1970.
    """

    item: int
    labeler: str
    ranks: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()
    sensitive: bool | None = None
    seconds: float = 0.0
    at: float = 0.0
