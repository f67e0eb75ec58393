"""A request that is being carried out: from a body that makes sense to its completions."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from anyio import to_thread
from fastapi import Request
from starlette.background import BackgroundTask

from tutelage.data.seeds import derive
from tutelage.rollout import Piece, Token
from tutelage.rollout import Request as Completion
from tutelage.schema import InputError
from tutelage.serving.answers import Reason, Usage
from tutelage.serving.desk import Desk
from tutelage.serving.door import Caller
from tutelage.serving.errors import ApiError
from tutelage.serving.limits import Budget
from tutelage.serving.requests import Wish
from tutelage.serving.rows import Rows
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
    finish_reason: Reason | None = None

    def add(self, piece: Piece) -> None:
        """Take a piece."""
        self.text += piece.text
        self.tokens.extend(piece.tokens)
        self.finish_reason = piece.finish_reason


class Accepted:
    """n completions of each prompt, on their way; whoever made it closes it."""

    def __init__(
        self,
        desk: Desk,
        entry: Entry,
        budget: Budget,
        served: Served,
        completions: Sequence[Completion],
        prompt_tokens: int,
    ) -> None:
        """prompt_tokens: of every prompt once. Raises InputError for what cannot be sampled."""
        self.served = served
        self.created = int(time.time())
        self.tallies = [Tally() for _ in completions]
        self.rows = Rows(desk.service, desk.metrics, served.name)
        self._desk, self._entry, self._budget = desk, entry, budget
        self._prompt_tokens = prompt_tokens
        self._reserved = prompt_tokens + sum(each.max_new_tokens for each in completions)
        self.rows.begin(completions)
        desk.running.add(self.rows)
        budget.take("tokens", self._reserved)
        entry.prompt_tokens = prompt_tokens
        entry.headers |= budget.headers()
        desk.metrics.prompt_tokens.labels(served.name).inc(prompt_tokens)

    @property
    def over(self) -> bool:
        """Whether every completion's end has been told as news."""
        return all(tally.finish_reason is not None for tally in self.tallies)

    @property
    def usage(self) -> Usage:
        """Tokens so far."""
        return Usage.of(self._prompt_tokens, self.rows.tokens)

    async def news(self) -> list[tuple[int, Piece]]:
        """What is new of which completion; noted in the tallies, too. Raises FailedError."""
        news = await self.rows.news()
        for row, piece in news:
            self.tallies[row].add(piece)
        return news

    def close(self) -> None:
        """Let go of what is not finished, and settle what was used. May be called again."""
        if self.rows not in self._desk.running:
            return
        self._desk.running.discard(self.rows)
        self.rows.close()
        self._budget.take("tokens", self._prompt_tokens + self.rows.tokens - self._reserved)
        self._desk.metrics.completion_tokens.labels(self.served.name).inc(self.rows.tokens)
        self._entry.completion_tokens = self.rows.tokens
        reasons = [tally.finish_reason or "cancelled" for tally in self.tallies]
        self._entry.finish = self._entry.finish or ",".join(sorted(set(reasons)))


async def accept(desk: Desk, request: Request, me: Caller, wish: Wish, encode: Encode) -> Accepted:
    """Begin what a request asks for. Raises ApiError where it is refused."""
    entry = entry_of(request)
    entry.user = user_of(desk, me, wish)
    if desk.settings.collect:
        entry.headers["x-tutelage-user"] = entry.user
    budget = desk.budgets.of(me.whose, me.allowance)
    take_request(budget, entry)
    served = desk.model(wish.model)
    entry.model = served.name
    prompts = await to_thread.run_sync(encode, served)
    completions, seed = completions_of(prompts, served, me, wish, desk.settings.choices)
    prompt_tokens = sum(map(len, prompts))
    wanted = prompt_tokens + sum(each.max_new_tokens for each in completions)
    limit = me.allowance.tokens_per_minute
    if limit is not None and wanted > limit:
        told = f"it asks for {wanted} tokens and the limit is {limit} a minute; lower max_tokens or n"
        raise ApiError(400, told, "too_many_tokens", param="max_tokens")
    wait = budget.wait("tokens", wanted)
    if wait:
        told = f"the limit of {limit} tokens a minute is reached"
        raise ApiError(429, told, "tokens_exceeded", wait=int(wait) + 1)
    desk.admit(served.name, len(completions))
    entry.headers["x-tutelage-seed"] = str(seed)
    try:
        return Accepted(desk, entry, budget, served, completions, prompt_tokens)
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


def user_of(desk: Desk, me: Caller, wish: Wish) -> str:
    """The id of whom a request is; of somebody unknown, the one that the client names."""
    return desk.users.named(wish.user) if me.user == ANONYMOUS and wish.user else me.user


def completions_of(
    prompts: Sequence[tuple[int, ...]], served: Served, me: Caller, wish: Wish, most: int
) -> tuple[list[Completion], int]:
    """Every completion that is wanted, those of a prompt together, and the seed of them all.

    Seeds are those of `Sampler.sample`, so that the texts are. most: completions of one request.
    """
    count = wish.n or 1
    if len(prompts) * count > most:
        told = f"{len(prompts) * count} completions at once; at most {most} are given"
        raise ApiError(400, told, "too_many_completions", param="n")
    seed = secrets.randbits(53) if wish.seed is None else wish.seed
    return [
        Completion(
            prompt=tokens,
            max_new_tokens=longest_of(tokens, served, me, wish),
            seed=derive(seed, "sample", place, number),
            temperature=1.0 if wish.temperature is None else wish.temperature,
            top_p=1.0 if wish.top_p is None else wish.top_p,
            top_k=wish.top_k or 0,
            stop=wish.stops,
            alternatives=wish.alternatives,
        )
        for place, tokens in enumerate(prompts)
        for number in range(count)
    ], seed


def longest_of(prompt: Sequence[int], served: Served, me: Caller, wish: Wish) -> int:
    """How many tokens a completion may have: what is asked for, or else what fits. Raises ApiError for too much."""
    room = served.context - len(prompt)
    most = me.allowance.longest_completion
    if not prompt:
        raise ApiError(400, "a prompt has no tokens", "empty_prompt")
    if room < (wish.longest or 1):
        told = f"{len(prompt)} tokens of the prompt and {wish.longest or 1} of the answer"
        raise ApiError(
            400, f"{told} exceed the model's context of {served.context}", "context_length_exceeded"
        )
    if wish.longest is None:
        return min(room, served.longest_answer, most or room)
    if most is not None and wish.longest > most:
        told = f"an answer may have {most} tokens"
        raise ApiError(400, told, "too_many_tokens", param="max_tokens")
    return wish.longest


def kept(
    desk: Desk,
    request: Request,
    me: Caller,
    wish: Wish,
    accepted: Accepted,
    prompts: Sequence[str],
    origin: str = "api",
) -> BackgroundTask | None:
    """What keeps a request's prompts and completions when all of it was answered; None where it is not to be kept.

    origin: where it came from, as the store has it.
    """
    user = user_of(desk, me, wish)
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
