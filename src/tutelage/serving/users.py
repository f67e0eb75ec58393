"""Whose prompts are whose, without knowing who anybody is: opaque ids."""

import hashlib
import hmac
import secrets

from itsdangerous import BadSignature, URLSafeTimedSerializer

from tutelage.schema import Account

VISITOR_COOKIE = "tutelage-visitor"
LIFETIME = 365 * 24 * 3600
"""Seconds for which a browser is the same visitor."""
ANONYMOUS = "anonymous"
"""Everybody of whom nothing is known, together. Nothing of theirs is collected: nobody could ask for its deletion."""


class Users:
    """Makes ids with the database's secret, so that they are the same after a restart and say nothing to others."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._cookies = URLSafeTimedSerializer(secret, salt="visitor")

    def named(self, name: str) -> str:
        """Of somebody whom a client names by the field `user`."""
        return f"named-{self._digest('named', name)}"

    def labeler(self, account: Account) -> str:
        """Of somebody who is signed in."""
        return f"labeler-{self._digest('labeler', str(account.id))}"

    def visitor(self, cookie: str | None) -> str | None:
        """Of a browser; None where it has no cookie of ours."""
        if cookie is None:
            return None
        try:
            return str(self._cookies.loads(cookie, max_age=LIFETIME))
        except (BadSignature, ValueError, TypeError):
            return None

    def new_visitor(self) -> tuple[str, str]:
        """A new id of a browser, and the cookie that it gets."""
        visitor = f"visitor-{secrets.token_hex(8)}"
        return visitor, self._cookies.dumps(visitor)

    def _digest(self, kind: str, name: str) -> str:
        return hmac.new(self._secret, f"{kind}\0{name}".encode(), hashlib.sha256).hexdigest()[:16]
