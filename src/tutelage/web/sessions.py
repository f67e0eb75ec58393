"""Who is signed in: a signed cookie that names the account, the session's number, and the token of its forms."""

import hmac
import secrets
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer

from tutelage.schema import Account, Standing
from tutelage.store import Accounts

COOKIE = "tutelage"
LIFETIME = 14 * 24 * 3600
"""Seconds after which one signs in again."""

DAY = 24 * 3600


@dataclass(frozen=True)
class Session:
    """`account`: an id, 0 for nobody yet; `csrf`: what forms of this session carry, and no other site knows."""

    account: int
    number: int
    csrf: str

    @staticmethod
    def start(account: Account | None = None) -> "Session":
        """A new session, of somebody or of nobody yet."""
        who = (0, 0) if account is None else (account.id, account.session)
        return Session(*who, csrf=secrets.token_urlsafe(18))

    def allows(self, token: str | None) -> bool:
        """Whether a form or request carries this session's token."""
        return token is not None and hmac.compare_digest(token.encode(errors="replace"), self.csrf.encode())


class Sessions:
    """Reads and writes cookies with the database's secret."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._serializer = URLSafeTimedSerializer(accounts.secret(), salt="session")
        self._links = URLSafeTimedSerializer(accounts.secret(), salt="password")

    def write(self, session: Session) -> str:
        """The cookie."""
        return self._serializer.dumps([session.account, session.number, session.csrf])

    def read(self, cookie: str | None) -> Session | None:
        """The session of a cookie; None for one that is forged, too old, or missing."""
        if cookie is None:
            return None
        try:
            account, number, csrf = self._serializer.loads(cookie, max_age=LIFETIME)
        except (BadSignature, ValueError, TypeError):
            return None
        return Session(account, number, csrf)

    def account(self, session: Session) -> Account | None:
        """Whose it is; None where the session was ended since."""
        account = self._accounts.numbered(session.account) if session.account else None
        return account if account is not None and account.session == session.number else None

    def signed_in(self, session: Session) -> Account | None:
        """Whose it is, as long as they are not shut out."""
        account = self.account(session)
        return None if account is None or account.standing is Standing.disabled else account

    def link(self, account: Account) -> str:
        """A token for a new password, good for a day, and no longer than the sessions of today.

        A new password ends it, and so do signing out and a change of role or standing.
        """
        return self._links.dumps([account.id, account.session])

    def account_of_link(self, token: str) -> Account | None:
        """Whose new password a token is for; None where it is of no use."""
        try:
            number, session = self._links.loads(token, max_age=DAY)
        except (BadSignature, ValueError, TypeError):
            return None
        return self.account(Session(number, session, ""))
