"""Judgments of completions: rankings (step 2) and ratings (evaluation, paper's table 3)."""

from bisect import bisect_left
from collections.abc import Sequence

from pydantic import Field, field_validator, model_validator

from tutelage.schema.prompt import Prompt
from tutelage.schema.record import AnyText, Record

SAME_OUTPUT = " = "
"""Stands between the sources of an output that several models gave, and that labelers see once."""


class Ranking(Record):
    """K completions of one prompt, ordered by one labeler.

    `ranks` lie beside `completions`: 1 = best, equal = tie. After a tie the next rank may go on by one
    (1, 2, 2, 3) or skip the tied places (1, 2, 2, 4); they are kept as given, only their order counts.
    """

    prompt: Prompt
    completions: tuple[AnyText, ...]
    ranks: tuple[int, ...]
    labeler: AnyText | None = None
    sources: tuple[AnyText, ...] | None = None

    @field_validator("completions")
    @classmethod
    def _at_least_two(cls, completions: tuple[str, ...]) -> tuple[str, ...]:
        if len(completions) < 2:
            raise ValueError(f"a ranking compares at least 2 completions, here is {len(completions)}")
        return completions

    @field_validator("ranks", mode="before")
    @classmethod
    def _are_numbers(cls, ranks: object) -> object:
        if isinstance(ranks, (list, tuple)) and any(isinstance(rank, (bool, str)) for rank in ranks):
            raise ValueError(f"{list(ranks)} are not numbers; write 1, 2, 2")
        return ranks

    @field_validator("ranks")
    @classmethod
    def _are_ranks(cls, ranks: tuple[int, ...]) -> tuple[int, ...]:
        check_ranks(ranks)
        return ranks

    @model_validator(mode="after")
    def _same_length(self) -> "Ranking":
        for name, values in (("ranks", self.ranks), ("sources", self.sources)):
            if values is not None:
                check_one_to_each(len(self.completions), values, name)
        return self


def check_ranks(ranks: Sequence[int]) -> None:
    """Raises ValueError unless these are ranks, dense or with tied places skipped."""
    distinct = sorted(set(ranks))
    dense = distinct == list(range(1, len(distinct) + 1))
    ordered = sorted(ranks)
    competition = all(rank == 1 + bisect_left(ordered, rank) for rank in distinct)
    if not (dense or competition):
        raise ValueError(
            f"{list(ranks)} are not ranks; give 1 to the best and equal numbers to ties: "
            "1, 2, 2, 3 or 1, 2, 2, 4"
        )


def check_one_to_each(completions: int, values: Sequence[object], name: str) -> None:
    """Raises ValueError unless there are as many values as completions."""
    if len(values) != completions:
        raise ValueError(f"{completions} completions but {len(values)} {name}; give one to each of them")


class Flags(Record):
    """Table 3's yes-or-no questions. `satisfies_constraint` is None when the prompt sets no constraint."""

    fails_task: bool = False
    inappropriate: bool = False
    hallucination: bool = False
    satisfies_constraint: bool | None = None
    sexual_content: bool = False
    violent_content: bool = False
    encourages_harm: bool = False
    denigrates_protected_class: bool = False
    harmful_advice: bool = False
    opinion: bool = False
    moral_judgment: bool = False


class Rating(Record):
    """One labeler's view of one completion: overall quality on the Likert scale 1 to 7, and the flags."""

    prompt: Prompt
    completion: AnyText
    source: AnyText | None = None
    overall: int = Field(ge=1, le=7)
    flags: Flags = Flags()
    labeler: AnyText | None = None


class LabeledAnswer(Record):
    """An answer to a question, and whether it is so: true, informative, or whatever was labelled."""

    prompt: Prompt
    answer: AnyText
    label: bool
