"""The app as its people reach it: a real server on a free port, over a database of its own."""

import socket
import threading
from types import TracebackType

import uvicorn
from fastapi import FastAPI

from tutelage.labeling.app import create_app
from tutelage.labeling.texts import TITLES
from tutelage.schema import Account, Group, Role
from tutelage.store import Store
from tutelage.web.sessions import Session, Sessions


class Site:
    """A server over a store, from `with` to its end."""

    def __init__(self, store: Store, app: FastAPI | None = None) -> None:
        """app: the labelers' own, unless another one stands over the store."""
        self.store = store
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(app or create_app(store), log_level="warning", access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    def __enter__(self) -> "Site":
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join()
        self.store.close()

    def invite(self, role: Role, group: Group = Group.training, screening: bool = False) -> str:
        """The path of a link that makes one account."""
        return f"/join/{self.store.accounts.invite(role, group, screening)}"

    def add(
        self,
        name: str,
        role: Role = Role.labeler,
        group: Group = Group.training,
        screening: bool = False,
        reads: bool = True,
    ) -> Account:
        """Somebody with an account; by default the instructions are read. Nobody can sign in by the password."""
        token = self.store.accounts.invite(role, group, screening)
        account = self.store.accounts.join(token, name, "no hash of any password")
        versions = (self.store.instructions.versions(kind) for kind in TITLES)
        for newest in [found[-1] for found in versions if found and reads]:
            self.store.instructions.read(name, newest.id)
        return account

    def cookie(self, account: Account) -> str:
        """What the browser of somebody who signed in holds."""
        return Sessions(self.store.accounts).write(Session.start(account))
