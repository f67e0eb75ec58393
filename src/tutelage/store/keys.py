"""Who may use served models: keys, each shown once and kept as a hash only."""

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from tutelage.schema import InputError, suggestion
from tutelage.store import tables
from tutelage.store.engine import for_reading

PREFIX = "tlg-"
"""What every key begins with, so that one that leaked is known for what it is."""
LONGEST_NAME = 100
LONGEST_USER = 64
"""Characters."""
RESERVED = ("named-", "visitor-", "labeler-")
"""How the ids begin that the server makes; one of those on a key would mix its prompts with another's."""
NOBODY = "anonymous"
"""The server's word for who has no id."""


@dataclass(frozen=True)
class Key:
    """A key without its secret. `user`: under which its prompts are collected. Limits are None where the server's hold:
    a minute's requests and tokens, and the tokens of one completion. `at`: made then, in seconds since 1970.
    """

    name: str
    user: str
    requests_per_minute: int | None
    tokens_per_minute: int | None
    longest_completion: int | None
    revoked: bool
    at: float


class Keys:
    """The keys of a database."""

    def __init__(self, engine: Engine) -> None:
        self._reading = for_reading(engine)
        self._writing = engine

    def make(
        self,
        name: str,
        *,
        user: str | None = None,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        longest_completion: int | None = None,
        now: float | None = None,
    ) -> str:
        """A new key's secret, which nobody can learn again. user: that of an earlier key, or a new one.

        Raises:
            InputError: the name is none, taken or another user's id; the user is none, one of the server's own or
                the name of another user's key; or a limit is not positive.
        """
        _check_name(name)
        if user is not None:
            _check_user(user)
        limits = {
            "requests_per_minute": requests_per_minute,
            "tokens_per_minute": tokens_per_minute,
            "longest_completion": longest_completion,
        }
        for limit, value in limits.items():
            if value is not None and not 0 < value < 2**31:
                raise InputError(f"{value} is no limit", limit, "give a number from 1 up, or none")
        secret = PREFIX + secrets.token_urlsafe(32)
        row = {
            "name": name,
            "hash": _hash(secret),
            "user": f"user-{secrets.token_hex(8)}" if user is None else user,
            "at": time.time() if now is None else now,
            **limits,
        }
        try:
            with self._writing.begin() as connection:
                _keep_apart(connection, name, user)
                connection.execute(tables.keys.insert(), row)
        except IntegrityError as error:
            raise InputError("is taken", f"key {name!r}", "choose another name") from error
        return secret

    def find(self, secret: str) -> Key | None:
        """The key of this secret; None where there is none, or it was revoked.

        Secrets are 256 random bits, and it is their hash that is looked up: how long the look takes says nothing by
        which a secret could be guessed.
        """
        query = select(tables.keys).where(tables.keys.c.hash == _hash(secret))
        with self._reading.begin() as connection:
            row = connection.execute(query).mappings().first()
        if row is None or row["revoked"]:
            return None
        return _key_of(row)

    def all(self) -> list[Key]:
        """Every key, revoked ones too, in the order of their making."""
        with self._reading.begin() as connection:
            rows = connection.execute(select(tables.keys).order_by(tables.keys.c.id)).mappings()
            return [_key_of(row) for row in rows]

    def exist(self) -> bool:
        """Whether a key was ever made. A server that demanded keys must not open its door when all are revoked."""
        with self._reading.begin() as connection:
            return bool(connection.scalar(select(func.count()).select_from(tables.keys)))

    def revoke(self, name: str) -> None:
        """Have a key of no use from the next request on. Raises InputError where there is no such key."""
        table = tables.keys
        with self._writing.begin() as connection:
            revoked = update(table).where(table.c.name == name).values(revoked=True)
            if connection.execute(revoked).rowcount == 0:
                names = list(connection.scalars(select(table.c.name)))
                raise InputError("no such key", f"key {name!r}", suggestion(name, names))


def _check_name(name: str) -> None:
    if not name or name != name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        remedy = f"give 1 to {LONGEST_NAME} characters without blanks at the edges"
        raise InputError("is no name", f"key {name!r}", remedy)


def _check_user(user: str) -> None:
    if not 0 < len(user) <= LONGEST_USER or not all("!" <= character <= "~" for character in user):
        remedy = f"give 1 to {LONGEST_USER} printable characters of ASCII without blanks"
        raise InputError("is no user", f"user {user!r}", remedy)
    if user.lower() == NOBODY or user.lower().startswith(RESERVED):
        raise InputError("only the server makes such ids", f"user {user!r}", "choose another")


def _keep_apart(connection: Connection, name: str, user: str | None) -> None:
    """Refuse what `tutelage data forget` could take for somebody else: it is given a user's id or a key's name."""
    holders = (tables.keys, tables.collected, tables.feedback, tables.contents)
    known = or_(*(exists().where(table.c.user == name) for table in holders))
    if name != user and connection.scalar(select(known)):
        raise InputError("is a user's id", f"key {name!r}", "choose another name")
    theirs = select(tables.keys.c.user).where(tables.keys.c.name == user)
    if user is not None and connection.scalar(theirs) not in (None, user):
        raise InputError("is the name of another user's key", f"user {user!r}", "choose another id")


def _key_of(row: RowMapping) -> Key:
    values: dict[str, Any] = {name: row[name] for name in Key.__dataclass_fields__}
    return Key(**values)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
