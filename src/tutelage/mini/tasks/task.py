"""What a task of the miniature world is, and the two kinds of answer that most tasks share."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol

from tutelage.mini.patterns import capitalize, series
from tutelage.schema import UseCase

Flaw = Literal["wrong", "miscounted", "unordered", "curt"]


@dataclass(frozen=True)
class Judgment:
    """What is right about the core of an answer. Strict: whoever does not attempt the task earns nothing else.

    ``satisfies`` is None where the instruction states no explicit constraint; ``invents`` means that something
    is claimed which is false or which nobody can know.
    """

    attempts: bool
    correct: bool
    satisfies: bool | None
    invents: bool = False


class Answer(Protocol):
    """How a task may be answered: writes good and flawed answers, and judges anybody's."""

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        """The ways in which people get this answer wrong."""
        ...

    def write(self, rng: random.Random, flaw: Flaw | None = None) -> str:
        """The core of an answer, without any manner; with a flaw when one is asked for."""
        ...

    def judge(self, core: Sequence[str]) -> Judgment:
        """Judge the core sentences of an answer."""
        ...


@dataclass(frozen=True)
class Task:
    """An instruction, what it is about, and how it may be answered.

    Train, valid and test share no ``(family, entities)``. ``query`` is the bare input for few-shot prompts
    (None: the family has no such form).
    """

    use_case: UseCase
    family: str
    entities: tuple[str, ...]
    instruction: str
    answer: Answer
    query: str | None = None


Order = Literal["length", "alphabet"]


def sort_key(item: str, order: Order | None) -> tuple[int, str]:
    """What items are sorted by; equal for all of them where no order is asked for."""
    return (len(item) if order == "length" else 0, item if order == "alphabet" else "")


def is_sorted(items: Sequence[str], order: Order | None) -> bool:
    """Whether the items follow the order that was asked for."""
    keys = [sort_key(item, order) for item in items]
    return all(a <= b for a, b in pairwise(keys))


def arrange(items: Sequence[str], order: Order | None) -> list[str]:
    """The items in the order that was asked for."""
    return sorted(items, key=lambda item: sort_key(item, order))


@dataclass(frozen=True)
class ListAnswer:
    """``count`` different words out of ``valid``, in the asked order; ``others`` are words people confuse them with."""

    valid: tuple[str, ...]
    others: tuple[str, ...]
    count: int | None
    order: Order | None = None

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        flaws: list[Flaw] = ["wrong"]
        if self.count is not None:
            flaws.append("miscounted")
        if self.order is not None:
            flaws.append("unordered")
        return tuple(flaws)

    def write(self, rng: random.Random, flaw: Flaw | None = None) -> str:
        count = self.count if self.count is not None else rng.randint(3, min(5, len(self.valid)))
        if flaw == "miscounted":
            count = rng.choice(
                [n for n in (count - 2, count - 1, count + 1) if 0 < n <= len(self.valid) and n != count]
            )
        items = arrange(rng.sample(self.valid, count), self.order)
        if flaw == "unordered" and len(items) > 1:
            while is_sorted(items, self.order):
                if is_sorted(items[::-1], self.order):  # all of one length: no order can be wrong
                    break
                rng.shuffle(items)
        if flaw == "wrong":
            items[rng.randrange(len(items))] = rng.choice(self.others)
        return series(items) + "."

    def judge(self, core: Sequence[str]) -> Judgment:
        if len(core) != 1:
            return Judgment(False, False, None if self.unconstrained else False)
        items = core[0].rstrip(".!?").lower().replace(" and ", ", ").split(", ")
        right = [item for item in items if item in self.valid]
        known = all(item in self.valid or item in self.others for item in items)
        attempts = known and 2 * len(right) > len(items)
        correct = attempts and len(right) == len(items) == len(set(items))
        satisfies = (self.count is None or len(items) == self.count) and is_sorted(items, self.order)
        return Judgment(
            attempts,
            correct,
            None if self.unconstrained else attempts and satisfies,
            attempts and not correct,
        )

    @property
    def unconstrained(self) -> bool:
        return self.count is None and self.order is None


@dataclass(frozen=True)
class StatementAnswer:
    """One of a few right statements; ``wrong`` ones are what the ill-informed say.

    ``curt`` are right but bare ("Paris."), ``curt_wrong`` bare and wrong. With ``one_word``, the instruction asks
    for the bare form, and the full sentence breaks the constraint; ``incomplete`` statements break it, too.
    """

    right: tuple[str, ...]
    wrong: tuple[str, ...]
    curt: tuple[str, ...] = ()
    curt_wrong: tuple[str, ...] = ()
    one_word: bool = False
    incomplete: tuple[str, ...] = ()
    invents: bool = True

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        flaws: list[Flaw] = ["wrong"] if self.wrong or self.curt_wrong else []
        if self.incomplete or self.one_word:
            flaws.append("miscounted")
        if self.curt and not self.one_word:
            flaws.append("curt")
        return tuple(flaws)

    def write(self, rng: random.Random, flaw: Flaw | None = None) -> str:
        if flaw == "miscounted":
            return rng.choice(self.incomplete or self.right)
        if self.one_word:
            return rng.choice(self.curt_wrong if flaw == "wrong" else self.curt)
        if flaw == "wrong":
            return rng.choice(self.wrong)
        return rng.choice(self.curt if flaw == "curt" else self.right)

    def judge(self, core: Sequence[str]) -> Judgment:
        text = capitalize(" ".join(core)).rstrip(".!?")
        constrained = self.one_word or bool(self.incomplete)

        def said(statements: Sequence[str]) -> bool:
            return any(capitalize(statement).rstrip(".!?") == text for statement in statements)

        right, bare = said(self.right), said(self.curt)
        wrong, partial = said(self.wrong) or said(self.curt_wrong), said(self.incomplete)
        attempts = right or bare or wrong or partial
        short = bare or said(self.curt_wrong)
        satisfies = None if not constrained else attempts and (short if self.one_word else not partial)
        return Judgment(attempts, right or bare or partial, satisfies, wrong and self.invents)
