"""What every request needs: the database, the service, the settings, who is there, and what is under way."""

import asyncio
from collections import Counter
from collections.abc import Mapping

from fastapi import Request

from tutelage.rollout import Service
from tutelage.schema import Account, suggestion
from tutelage.serving.door import Caller, Door
from tutelage.serving.errors import ApiError, stopping
from tutelage.serving.judging import Receipts
from tutelage.serving.limits import Budgets
from tutelage.serving.metrics import Metrics
from tutelage.serving.requests import MOST_COMPLETIONS
from tutelage.serving.rows import Post, Rows
from tutelage.serving.served import Served
from tutelage.serving.settings import Allowance, Settings
from tutelage.serving.users import ANONYMOUS, VISITOR_COOKIE, Users
from tutelage.serving.watch import Entry
from tutelage.store import Store
from tutelage.web.passwords import Guesses
from tutelage.web.sessions import COOKIE, Sessions

OPT_OUT = "x-tutelage-collection"
"""The header by which a request asks not to be kept, with any value but `on`, and by which answers tell of
collection."""


class Desk:
    """One for the whole app. Used in the server's loop, but for `caller`, `account` and `user_of_browser`."""

    def __init__(
        self, store: Store, service: Service, models: Mapping[str, Served], settings: Settings
    ) -> None:
        secret = store.accounts.secret()
        self.store = store
        self.service = service
        self.models = dict(models)
        self.settings = settings
        self.door = Door(store, settings.open)
        self.users = Users(secret)
        self.sessions = Sessions(store.accounts)
        self.guesses = Guesses()
        """Of passwords; of keys the door has its own."""
        self.receipts = Receipts()
        self.budgets = Budgets()
        self.metrics = Metrics(service)
        self.under_way: set[Entry] = set()
        """Requests that are not answered yet."""
        self.running: set[Rows] = set()
        """Completions that somebody waits for."""
        self.stopping = False
        self._post: Post | None = None

    @property
    def post(self) -> Post:
        """Into the running loop."""
        loop = asyncio.get_running_loop()
        if self._post is None or self._post.loop is not loop:
            self._post = Post(loop)
        return self._post

    def model(self, name: str) -> Served:
        """The model of this name. Raises ApiError where there is none."""
        if name not in self.models:
            told = f"no model {name[:100]!r}; {suggestion(name[:100], self.models)}"
            raise ApiError(404, told, "model_not_found", param="model")
        return self.models[name]

    def account(self, request: Request) -> Account | None:
        """Which labeler is signed in, by the cookie of the labelers' app over the same store."""
        session = self.sessions.read(request.cookies.get(COOKIE))
        return None if session is None else self.sessions.signed_in(session)

    def user_of_browser(self, request: Request, account: Account | None) -> str | None:
        """The id under which a browser's prompts are kept that sends no key; None where it has none yet. account: of
        who is signed in there."""
        if account is not None:
            return self.users.labeler(account)
        return self.users.visitor(request.cookies.get(VISITOR_COOKIE))

    def caller(self, request: Request) -> Caller:
        """Who sends a request: by a key, by being signed in, or, where no key is needed, somebody.

        Raises:
            ApiError: a key is needed, and there is none or a wrong one; or the server is being stopped.
        """
        if self.stopping:
            raise stopping()
        address = request.client.host if request.client else ""
        secret = bearer(request.headers.get("authorization"))
        ours = self.settings.allowance
        account = self.account(request)
        user = self.user_of_browser(request, account) or ANONYMOUS
        if secret is None and account is not None:
            return Caller(user, user, ours, account)
        key = self.door.check(secret, address)
        if key is None:
            return Caller(f"address {address}", user, ours, account)
        allowance = Allowance(
            key.requests_per_minute or ours.requests_per_minute,
            key.tokens_per_minute or ours.tokens_per_minute,
            key.longest_completion or ours.longest_completion,
        )
        return Caller(f"key {key.name}", key.user, allowance, account)

    @property
    def most(self) -> int:
        """Completions of one request: no more than could ever be drawn and wait together."""
        return min(MOST_COMPLETIONS, self.service.rows + self.settings.queue)

    def admit(self, model: str, count: int) -> None:
        """Raises ApiError where so many completions more would make the queue too long.

        What waits is what no row is left for: a completion that is taken in next, into a free row, does not.
        """
        unfinished = Counter({model: count})
        for rows in self.running:
            unfinished[rows.model] += rows.unfinished
        beyond = {name: max(0, number - self.service.rows) for name, number in unfinished.items()}
        if beyond[model] and sum(beyond.values()) > self.settings.queue:
            waiting = sum(beyond.values()) - min(count, beyond[model])
            told = f"{waiting} completions are waiting already"
            raise ApiError(429, told, "queue_full", wait=1)

    def stop(self) -> None:
        """Take no more requests."""
        self.stopping = True

    def cut(self) -> None:
        """End what is still under way: who waits for it is told why."""
        for rows in self.running:
            rows.stop()

    def keeps(self, request: Request, user: str) -> bool:
        """Whether what this request brings is collected, as far as its headers say."""
        wanted = all(value.strip().lower() == "on" for value in request.headers.getlist(OPT_OUT))
        return self.settings.collect and user != ANONYMOUS and wanted


def bearer(header: str | None) -> str | None:
    """The key in an Authorization header."""
    kind, _, secret = (header or "").partition(" ")
    return secret.strip() or None if kind.lower() == "bearer" else None
