"""A request that is being carried out: from a body that makes sense to its completions."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from anyio import to_thread
from fastapi import Request
from starlette.background import BackgroundTask

from tutelage.rollout import FinishReason, Piece, Token
from tutelage.schema import InputError
from tutelage.serving.answers import Usage
from tutelage.serving.desk import Desk
from tutelage.serving.door import Caller
from tutelage.serving.draws import Draws, draws_of
from tutelage.serving.errors import ApiError
from tutelage.serving.limits import Budget
from tutelage.serving.requests import Wish
from tutelage.serving.rows import FailedError, Rows
from tutelage.serving.served import Served
from tutelage.serving.users import ANONYMOUS
from tutelage.serving.watch import Entry, entry_of

Encode = Callable[[Served], Sequence[tuple[int, ...]]]
"""The tokens of a request's prompts, for a model."""


@dataclass
class Tally:
    """What has come of one completion so far."""

    text: str = ""
    tokens: list[Token] = field(default_factory=list)
    finish_reason: FinishReason | None = None

    def add(self, piece: Piece) -> None:
        """Take a piece."""
        self.text += piece.text
        self.tokens.extend(piece.tokens)
        self.finish_reason = piece.finish_reason


class Accepted:
    """n completions of each prompt, on their way; whoever made it closes it."""

    def __init__(self, desk: Desk, entry: Entry, budget: Budget, served: Served, draws: Draws) -> None:
        """Raises InputError for what cannot be sampled."""
        self.desk = desk
        self.served = served
        self.user = entry.user
        """The id of whom the request is; of somebody unknown, the one that the client names."""
        self.created = int(time.time())
        self.tallies = [Tally() for _ in draws.each]
        self.rows = Rows(desk.service, desk.post, desk.metrics, served.name)
        self._entry, self._budget, self._draws = entry, budget, draws
        self.rows.begin(draws.each)
        desk.running.add(self.rows)
        budget.take("tokens", draws.tokens)
        entry.prompt_tokens = draws.prompt_tokens
        entry.headers |= budget.headers()
        desk.metrics.prompt_tokens.labels(served.name).inc(draws.prompt_tokens)

    @property
    def over(self) -> bool:
        """Whether every completion's end has been told as news."""
        return all(tally.finish_reason is not None for tally in self.tallies)

    @property
    def usage(self) -> Usage:
        """Tokens so far."""
        return Usage.of(self._draws.prompt_tokens, self.rows.tokens)

    async def news(self) -> list[tuple[int, Piece]]:
        """What is new of which completion; noted in the tallies, too. Raises FailedError."""
        try:
            news = await self.rows.news()
        except FailedError as failed:
            self._entry.finish = "stopping" if failed.stopped else "failed"
            raise
        for row, piece in news:
            self.tallies[row].add(piece)
        return news

    def close(self) -> None:
        """Let go of what is not finished, and settle what was used. May be called again."""
        if self.rows not in self.desk.running:
            return
        self.desk.running.discard(self.rows)
        self.rows.close()
        self._budget.take("tokens", self.usage.total_tokens - self._draws.tokens)
        self.desk.metrics.completion_tokens.labels(self.served.name).inc(self.rows.tokens)
        self._entry.completion_tokens = self.rows.tokens
        reasons = [tally.finish_reason or "cancelled" for tally in self.tallies]
        self._entry.finish = self._entry.finish or ",".join(sorted(set(reasons)))


async def accept(desk: Desk, request: Request, me: Caller, wish: Wish, encode: Encode) -> Accepted:
    """Begin what a request asks for. Raises ApiError where it is refused."""
    entry = entry_of(request)
    entry.user = desk.users.named(wish.user) if me.user == ANONYMOUS and wish.user else me.user
    if desk.settings.collect:
        entry.headers["x-tutelage-user"] = entry.user
    budget = desk.budgets.of(me.whose, me.allowance)
    take_request(budget, entry)
    served = desk.model(wish.model)
    entry.model = served.name
    prompts = await to_thread.run_sync(encode, served)
    draws = draws_of(prompts, served, wish, me.allowance, desk.most)
    limit = me.allowance.tokens_per_minute
    if limit is not None and draws.tokens > limit:
        told = f"it asks for {draws.tokens} tokens and the limit is {limit} a minute; lower max_tokens or n"
        raise ApiError(400, told, "too_many_tokens", param="max_tokens")
    wait = budget.wait("tokens", draws.tokens)
    if wait:
        told = f"the limit of {limit} tokens a minute is reached"
        raise ApiError(429, told, "tokens_exceeded", wait=int(wait) + 1)
    desk.admit(served.name, len(draws.each))
    entry.headers["x-tutelage-seed"] = str(draws.seed)
    try:
        return Accepted(desk, entry, budget, served, draws)
    except InputError as error:
        raise ApiError(400, str(error), "invalid_value") from None


def take_request(budget: Budget, entry: Entry) -> None:
    """Count a request. Raises ApiError where the user has none left."""
    wait = budget.wait("requests", 1)
    if not wait:
        budget.take("requests", 1)
    entry.headers |= budget.headers()
    if wait:
        told = f"the limit of {budget.allowance.requests_per_minute} requests a minute is reached"
        raise ApiError(429, told, "requests_exceeded", wait=int(wait) + 1)


def kept(
    accepted: Accepted, request: Request, wish: Wish, prompts: Sequence[str], origin: str = "api"
) -> BackgroundTask | None:
    """What keeps a request's prompts and completions when all of it was answered; None where it is not to be kept.

    origin: where it came from, as the store has it.
    """
    desk, user = accepted.desk, accepted.user
    if not (desk.keeps(request, user) and wish.may_be_kept and prompts):
        return None
    each = len(accepted.tallies) // len(prompts)

    def keep() -> None:
        if accepted.over:
            for place, prompt in enumerate(prompts):
                texts = [tally.text for tally in accepted.tallies[place * each : (place + 1) * each]]
                desk.store.collection.add(
                    user=user, origin=origin, model=accepted.served.name, prompt=prompt, completions=texts
                )

    return BackgroundTask(keep)
