"""What every request needs: the database, the settings, who is signed in, and the pages."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from anyio import sleep, to_thread
from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from tutelage.labeling.figures import Figures
from tutelage.labeling.settings import Settings
from tutelage.schema import Account
from tutelage.store import Store
from tutelage.web.pages import Pages
from tutelage.web.passwords import Guesses
from tutelage.web.sessions import COOKIE, LIFETIME, Session, Sessions

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"

FRESH = 5.0
"""Seconds for which figures are shown again rather than computed: a page and its pictures ask for the same."""

_T = TypeVar("_T")


class Desk:
    """One for the whole app."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.sessions = Sessions(store.accounts)
        self.guesses = Guesses()
        self._pages = Pages(FOLDER)
        self._figures: Figures | None = None
        self._figures_at = 0.0
        self._computing = threading.Lock()

    async def compute(self, work: Callable[[], _T]) -> _T:
        """Do what takes long, one at a time; who waits for it takes none of the few threads from others."""
        while not self._computing.acquire(blocking=False):
            await sleep(0.02)
        try:
            return await to_thread.run_sync(work)
        finally:
            self._computing.release()

    async def figures(self) -> Figures:
        """The figures of now, or of a moment ago."""
        return await self.compute(self._fresh_figures)

    def _fresh_figures(self) -> Figures:
        if self._figures is None or time.monotonic() - self._figures_at > FRESH:
            self._figures = Figures(self.store)
            self._figures_at = time.monotonic()
        return self._figures

    def forget_figures(self) -> None:
        """Have the figures computed anew when they are asked for next."""
        with self._computing:  # those that are computed now may be of before
            self._figures = None

    def session(self, request: Request) -> Session:
        """The request's session; a new one where it has none."""
        if not hasattr(request.state, "session"):
            known = self.sessions.read(request.cookies.get(COOKIE))
            request.state.session, request.state.is_new = known or Session.start(), known is None
        session: Session = request.state.session
        return session

    def account(self, request: Request) -> Account | None:
        """Who is signed in; nobody who is shut out is."""
        if not hasattr(request.state, "account"):
            request.state.account = self.sessions.signed_in(self.session(request))
        found: Account | None = request.state.account
        return found

    def page(self, request: Request, template: str, status: int = 200, /, **context: Any) -> Response:
        """A page of `templates`."""
        session = self.session(request)
        html = self._pages.render(
            template,
            me=self.account(request),
            csrf=session.csrf,
            static="/static",
            **{"page": template, **context},
        )
        response = HTMLResponse(html, status)
        if request.state.is_new:
            self.remember(response, session)
        return response

    def remember(self, response: Response, session: Session) -> None:
        """Give the browser its cookie."""
        response.set_cookie(
            COOKIE,
            self.sessions.write(session),
            max_age=LIFETIME,
            httponly=True,
            samesite="lax",
            secure=self.settings.secure,
        )
