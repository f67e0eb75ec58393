"""A house in which people label: a server over a database, who is signed in there, and the work that waits."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from typing import Any

from httpx2 import Response
from sqlalchemy import select
from starlette.testclient import TestClient

from tutelage.labeling.app import create_app
from tutelage.labeling.settings import Settings
from tutelage.schema import Account, Gold, Group, Prompt, Role, Standing, Task, TaskKind
from tutelage.store import Store
from tutelage.store.tables import metadata
from tutelage.web.passwords import hash_password
from tutelage.web.sessions import COOKIE, Session, Sessions

PASSWORD = "correct horse battery"
HOST = "labels.example"
SITE = f"http://{HOST}"

MARKS = [{"overall": 6, "flags": {}}, {"overall": 2, "flags": {"hallucination": True}}]
BEST_FIRST: dict[str, Any] = {"kind": "order", "marks": MARKS, "ranks": [1, 2]}
SKIP: dict[str, Any] = {"kind": "skip", "reason": "unclear", "comment": ""}
DEMONSTRATION: dict[str, Any] = {"kind": "demonstrate", "completion": "A fine answer."}


@cache
def hashed() -> str:
    """The password's hash."""
    return hash_password(PASSWORD)


class Person:
    """Somebody's browser; `account` is None for a stranger's."""

    def __init__(self, client: TestClient, csrf: str, account: Account | None) -> None:
        self.client, self.csrf, self.account = client, csrf, account

    @property
    def name(self) -> str:
        """By which one is known."""
        assert self.account is not None
        return self.account.name

    def get(self, path: str, **more: Any) -> Response:
        """Look at a page."""
        return self.client.get(path, follow_redirects=False, **more)

    def post(self, path: str, csrf: str | None = None, **fields: str) -> Response:
        """Send a form, as its page would."""
        given = {"csrf": self.csrf if csrf is None else csrf, **fields}
        return self.client.post(path, data=given, follow_redirects=False)

    def send(self, path: str, body: Any, method: str = "POST", csrf: str | bytes | None = None) -> Response:
        """Send JSON, as a page's script would."""
        token = self.csrf if csrf is None else csrf
        return self.client.request(method, path, json=body, headers={"x-csrf-token": token})

    def next(self, *kinds: str) -> dict[str, Any]:
        """The next task, its instructions read."""
        body = {"kinds": list(kinds)} if kinds else {}
        response = self.send("/api/next", body)
        while response.status_code == 409:
            assert self.send(f"/api/instructions/{response.json()['instructions']['id']}/read", {}).is_success
            response = self.send("/api/next", body)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def submit(self, assignment: int, answer: Mapping[str, Any], client: str | None = None) -> Response:
        """Send an answer."""
        body = {"answer": answer, "client": client or uuid.uuid4().hex, "seconds": 3.0}
        return self.send(f"/api/assignments/{assignment}/submit", body)

    def do(self, answer: Mapping[str, Any], *kinds: str) -> int:
        """Answer the next task; returns the answer's number."""
        response = self.submit(self.next(*kinds)["assignment"], answer)
        assert response.status_code == 200, response.text
        number: int = response.json()["submission"]
        return number


class House:
    """A server, and whoever comes to it. Browsers of one process; the address is SITE."""

    def __init__(self, store: Store, settings: Settings | None = None) -> None:
        self.store = store
        self.app = create_app(store, settings or Settings(gold_every=0))
        self._sessions = Sessions(store.accounts)
        self._open = ExitStack()

    def join(
        self,
        name: str,
        role: Role = Role.labeler,
        group: Group = Group.training,
        standing: Standing = Standing.active,
    ) -> Person:
        """Somebody new, signed in."""
        token = self.store.accounts.invite(role, group, standing is Standing.screening)
        account = self.store.accounts.join(token, name, hashed())
        if standing is Standing.disabled:
            account = self.store.accounts.change(name, standing=standing)
        return self.sit_down(account)

    def sit_down(self, account: Account) -> Person:
        """Another browser in which somebody is signed in."""
        session = Session.start(account)
        return Person(self._browser(self._sessions.write(session)), session.csrf, account)

    def sign_in(self, person: Person) -> None:
        """Give somebody's browser a new session, whatever became of the one before."""
        account = None if person.account is None else self.store.accounts.numbered(person.account.id)
        session = Session.start(account)
        person.csrf = session.csrf
        person.client.cookies.clear()
        person.client.cookies.set(COOKIE, self._sessions.write(session), domain=HOST)

    def stranger(self) -> Person:
        """A browser in which nobody is signed in, with the token of a page it has seen."""
        session = Session.start()
        return Person(self._browser(self._sessions.write(session)), session.csrf, None)

    def with_cookie(self, cookie: str, csrf: str = "") -> Person:
        """A browser with a cookie of anybody's making."""
        return Person(self._browser(cookie), csrf, None)

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of the database but those that reading pages and leasing work makes."""
        passing = {"secrets"}
        with self.store._engine.begin() as connection:
            return {
                table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
                for table in metadata.sorted_tables
                if table.name not in passing
            }

    def close(self) -> None:
        """Everybody goes home."""
        self._open.close()
        self.store.close()

    def _browser(self, cookie: str) -> TestClient:
        client = TestClient(self.app, base_url=SITE)
        client.cookies.set(COOKIE, cookie, domain=HOST)
        return self._open.enter_context(client)


def rank(text: str = "Name a colour.", **more: Any) -> Task:
    """Two outputs to be ranked."""
    return Task(kind=TaskKind.rank, prompt=Prompt(text=text), completions=("red", "a stone"), **more)


def evaluate(text: str = "Name a fruit.", **more: Any) -> Task:
    """Two models to be compared."""
    return Task(kind=TaskKind.evaluate, prompt=Prompt(text=text), completions=("plum", "a car"), **more)


def demonstrate(text: str = "Say hello.") -> Task:
    """A prompt to be answered."""
    return Task(kind=TaskKind.demonstrate, prompt=Prompt(text=text))


def gold(text: str, best: int = 0) -> Task:
    """Two outputs of which the owner knows the better one."""
    return rank(text, gold=Gold(ranks=(1, 2) if best == 0 else (2, 1)))


def best_first(work: Mapping[str, Any], best: str) -> dict[str, Any]:
    """An order of a shown task's two outputs."""
    ranks = [1 if each["text"] == best else 2 for each in work["completions"]]
    return {"kind": "order", "marks": [MARKS[rank - 1] for rank in ranks], "ranks": ranks}


def opened(store: Store, settings: Settings | None = None) -> Iterator[House]:
    """A house for the length of a test."""
    house = House(store, settings)
    yield house
    house.close()
