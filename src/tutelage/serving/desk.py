"""What every request needs: the database, the service, the settings, who is there, and what is under way."""

from collections.abc import Mapping

from fastapi import Request

from tutelage.rollout import Service
from tutelage.schema import Account, Standing, suggestion
from tutelage.serving.door import Caller, Door
from tutelage.serving.errors import ApiError, stopping
from tutelage.serving.judging import Receipts
from tutelage.serving.limits import Budgets
from tutelage.serving.metrics import Metrics
from tutelage.serving.rows import FailedError, Rows
from tutelage.serving.served import Served
from tutelage.serving.settings import Allowance, Settings
from tutelage.serving.users import ANONYMOUS, Users
from tutelage.serving.users import COOKIE as VISITOR
from tutelage.serving.watch import Entry
from tutelage.store import Store
from tutelage.web.passwords import Guesses
from tutelage.web.sessions import COOKIE, Sessions

OPT_OUT = "x-tutelage-collection"
"""The header by which a request asks not to be kept, with the value `off`, and by which answers tell of collection."""


class Desk:
    """One for the whole app. Used in the server's loop, but for `caller` and `account`."""

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

    def model(self, name: str) -> Served:
        """The model of this name. Raises ApiError where there is none."""
        if name not in self.models:
            told = f"no model {name[:100]!r}; {suggestion(name[:100], self.models)}"
            raise ApiError(404, told, "model_not_found", param="model")
        return self.models[name]

    def account(self, request: Request) -> Account | None:
        """Which labeler is signed in, by the cookie of the labelers' app over the same store."""
        session = self.sessions.read(request.cookies.get(COOKIE))
        account = None if session is None else self.sessions.account(session)
        return None if account is None or account.standing is Standing.disabled else account

    def caller(self, request: Request) -> Caller:
        """Who sends a request: by a key, by being signed in, or, where no key is needed, somebody.

        Raises:
            ApiError: a key is needed, and there is none or a wrong one; or the server is being stopped.
        """
        if self.stopping:
            raise stopping()
        address = request.client.host if request.client else ""
        secret = bearer(request.headers.get("authorization"))
        account = self.account(request) if secret is None else None
        if account is not None:
            user = self.users.labeler(account)
            return Caller(user, user, self.settings.allowance)
        key = self.door.check(secret, address)
        if key is None:
            user = self.users.visitor(request.cookies.get(VISITOR)) or ANONYMOUS
            return Caller(f"address {address}", user, self.settings.allowance)
        ours = self.settings.allowance
        allowance = Allowance(
            key.requests_per_minute or ours.requests_per_minute,
            key.tokens_per_minute or ours.tokens_per_minute,
            key.longest_completion or ours.longest_completion,
        )
        return Caller(f"key {key.name}", key.user, allowance)

    def admit(self, model: str, count: int) -> None:
        """Raises ApiError where so many completions more would wait in too long a queue."""
        waiting = sum(rows.waiting for rows in self.running)
        free = max(0, self.settings.rows - self.service.live(model))
        if waiting and waiting + count > self.settings.queue + free:
            told = f"{waiting} completions are waiting already"
            raise ApiError(429, told, "queue_full", wait=1)

    def stop(self) -> None:
        """Take no more requests."""
        self.stopping = True

    def cut(self) -> None:
        """End what is still under way: who waits for it is told why."""
        for rows in self.running:
            rows.fail(FailedError("stopped", stopped=True))

    def keeps(self, request: Request, user: str) -> bool:
        """Whether what this request brings is collected, as far as its headers say."""
        opted_out = request.headers.get(OPT_OUT, "").strip().lower() == "off"
        return self.settings.collect and user != ANONYMOUS and not opted_out


def bearer(header: str | None) -> str | None:
    """The key in an Authorization header."""
    kind, _, secret = (header or "").partition(" ")
    return secret.strip() or None if kind.lower() == "bearer" else None
