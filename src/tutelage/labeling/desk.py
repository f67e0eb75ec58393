"""What every request needs: the database, the settings, who is signed in, and the pages."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from tutelage.labeling.figures import Figures
from tutelage.labeling.passwords import Guesses
from tutelage.labeling.sessions import COOKIE, LIFETIME, Session, Sessions
from tutelage.labeling.settings import Settings
from tutelage.schema import Account, Standing
from tutelage.store import Store

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"


class Desk:
    """One for the whole app."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.sessions = Sessions(store.accounts)
        self.guesses = Guesses()
        self.figures: Figures | None = None

    @cached_property
    def _pages(self) -> Environment:
        return Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    @cached_property
    def _version(self) -> str:
        """Changes when a static file does."""
        contents = (path.read_bytes() for path in sorted(STATIC.iterdir()))
        return hashlib.sha256(b"".join(contents)).hexdigest()[:8]

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
            account = self.sessions.account(self.session(request))
            out = account is not None and account.standing is Standing.disabled
            request.state.account = None if out else account
        found: Account | None = request.state.account
        return found

    def page(self, request: Request, template: str, status: int = 200, /, **context: Any) -> Response:
        """A page of `templates`."""
        session = self.session(request)
        html = self._pages.get_template(f"{template}.html").render(
            me=self.account(request),
            csrf=session.csrf,
            static="/static",
            version_of_static=self._version,
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
