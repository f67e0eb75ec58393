"""What people say of answers in the playground, bound to what the server really answered.

A page sends receipts and never texts: each receipt stands for one answer that one user was given, and is good once.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tutelage.schema import Account, Prompt, Purpose, Ranking, Standing
from tutelage.serving.errors import ApiError
from tutelage.store import Store

BATCH = "playground"
"""The batch of the store that labelers' judgments of the playground belong to."""
LIFETIME = 3600.0
"""Seconds for which an answer may be judged."""
LARGEST = 32 * 1024 * 1024
"""Characters of answers and their prompts that are remembered; of more, the oldest are forgotten."""


@dataclass(frozen=True)
class Given:
    """An answer that somebody was given."""

    user: str
    prompt: str
    model: str
    text: str
    at: float = field(default_factory=time.monotonic)

    @property
    def size(self) -> int:
        """Characters."""
        return len(self.prompt) + len(self.text)


class Receipts:
    """Remembers answers in this process until they are judged. Used in the server's loop."""

    def __init__(self, largest: int = LARGEST, lifetime: float = LIFETIME) -> None:
        self._largest, self._lifetime = largest, lifetime
        self._given: OrderedDict[str, Given] = OrderedDict()
        self._size = 0

    def give(self, answer: Given) -> str:
        """Remember an answer; returns what stands for it, which nobody can guess."""
        receipt = secrets.token_urlsafe(16)
        self._given[receipt] = answer
        self._size += answer.size
        while self._given and self._is_too_much(next(iter(self._given.values()))):
            self._forget(next(iter(self._given)))
        return receipt

    def take(self, receipts: Sequence[str], user: str) -> list[Given]:
        """The answers to one prompt that receipts of this user stand for; none of them is good again.

        Raises:
            ApiError: one is unknown, used, too old or somebody else's; or they do not belong together.
        """
        found = [self._given.get(receipt) for receipt in receipts]
        own = [each for each in found if each and each.user == user and not self._is_old(each)]
        if len(own) < len(found):
            raise ApiError(409, "these answers were judged already, or are too old", "not_to_be_judged")
        if len(set(receipts)) < len(receipts) or len({each.prompt for each in own}) > 1:
            raise ApiError(400, "different answers to one prompt are compared", "not_to_be_compared")
        for receipt in receipts:
            self._forget(receipt)
        return own

    def _is_old(self, answer: Given) -> bool:
        return time.monotonic() - answer.at > self._lifetime

    def _is_too_much(self, oldest: Given) -> bool:
        return self._size > self._largest or self._is_old(oldest)

    def _forget(self, receipt: str) -> None:
        self._size -= self._given.pop(receipt).size


def evaluates(account: Account | None) -> bool:
    """Whether what somebody says is an evaluation: a labeler's, of either group, who has passed the screening."""
    return account is not None and account.standing is Standing.active


def keep_judgment(store: Store, answers: Sequence[Given], ranks: Sequence[int], labeler: str | None) -> None:
    """Write down how answers to one prompt were ranked: by a labeler as an evaluation, which is never trained on; by
    anybody else (None) as feedback.

    Raises:
        InputError: the database cannot keep it.
    """
    user, prompt = answers[0].user, answers[0].prompt
    texts, models = [each.text for each in answers], [each.model for each in answers]
    if labeler is None:
        store.collection.add_feedback(user, prompt, texts, models, ranks)
        return
    ranking = Ranking(
        prompt=Prompt(text=prompt, user=user),  # so that it goes when the user is forgotten
        completions=tuple(texts),
        ranks=tuple(ranks),
        labeler=labeler,
        sources=tuple(models),
    )
    store.add_rankings([ranking], BATCH, Purpose.evaluation)
