"""Who may sign in: accounts, the invitations that make them, and what sessions are signed with."""

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, RowMapping, Select, delete, select, update
from sqlalchemy.exc import IntegrityError

from tutelage.schema import Account, Group, InputError, Labeler, Role, Standing
from tutelage.store import tables
from tutelage.store.engine import for_reading, insert_new
from tutelage.store.groups import groups_of, register

WEEK = 7 * 24 * 3600.0
"""Seconds that an invitation stands."""
LONGEST_NAME = 100
"""Characters of an account's name."""


@dataclass(frozen=True)
class Invitation:
    """What somebody becomes who follows the link; `screening`: after having been screened."""

    role: Role
    group: Group
    screening: bool
    expires: float


@dataclass(frozen=True)
class Credentials:
    """An account, and the hash of its password."""

    account: Account
    password: str


class Accounts:
    """The people of a database. Passwords come hashed; links are kept as hashes only."""

    def __init__(self, engine: Engine) -> None:
        self._reading = for_reading(engine)
        self._writing = engine

    def invite(
        self,
        role: Role,
        group: Group,
        screening: bool = False,
        seconds: float = WEEK,
        now: float | None = None,
    ) -> str:
        """A secret for a link that makes one account, once, within so many seconds."""
        token = secrets.token_urlsafe(24)
        expires = (time.time() if now is None else now) + seconds
        row = {"role": role, "group": group, "screening": screening, "expires": expires}
        with self._writing.begin() as connection:
            connection.execute(tables.invitations.insert(), {"token": _hash(token), **row})
        return token

    def invitation(self, token: str, now: float | None = None) -> Invitation | None:
        """What a link stands for; None when it is unknown, used or too old."""
        table = tables.invitations
        query = select(table).where(table.c.token == _hash(token), table.c.used_by.is_(None))
        with self._reading.begin() as connection:
            row = connection.execute(query).mappings().first()
        if row is None or row["expires"] < (time.time() if now is None else now):
            return None
        return Invitation(Role(row["role"]), Group(row["group"]), row["screening"], row["expires"])

    def withdraw_invitations(self, role: Role) -> None:
        """Have the links of no use any more by which nobody has joined in this role yet."""
        table = tables.invitations
        unused = delete(table).where(table.c.role == role, table.c.used_by.is_(None))
        with self._writing.begin() as connection:
            connection.execute(unused)

    def join(self, token: str, name: str, password: str, now: float | None = None) -> Account:
        """Make the account that an invitation is for. password: its hash.

        Raises:
            InputError: the link is of no use, the name is none or taken, or it judged in the other group.
        """
        if not name.strip() or len(name) > LONGEST_NAME or "\0" in name:
            raise InputError("is no name", f"name {name!r}", f"give 1 to {LONGEST_NAME} characters")
        now = time.time() if now is None else now
        invitation = self.invitation(token, now)
        if invitation is None:
            raise InputError("the invitation is unknown, used or too old", remedy="ask for a new one")
        table, used = tables.accounts, tables.invitations
        standing = Standing.screening if invitation.screening else Standing.active
        row = {"role": invitation.role, "group": invitation.group, "standing": standing}
        taken = InputError("is taken", f"name {name!r}", "choose another")
        with self._writing.begin() as connection:
            claim = update(used).where(used.c.token == _hash(token), used.c.used_by.is_(None))
            if connection.execute(claim.values(used_by=name)).rowcount == 0:
                raise InputError("the invitation was used just now", remedy="ask for a new one")
            if name in groups_of(connection):
                raise taken  # somebody of a file or a simulation has it: their judgments would mix
            register(connection, [Labeler(name=name, group=invitation.group)])
            try:
                connection.execute(table.insert(), {"name": name, "password": password, "at": now, **row})
            except IntegrityError as error:
                raise taken from error
        return self.named(name).account

    def named(self, name: str) -> Credentials:
        """Raises InputError when there is no account of this name."""
        found = self._first(select(tables.accounts).where(tables.accounts.c.name == name))
        if found is None:
            raise InputError("no such account", f"account {name!r}", "see tutelage labelers list")
        return Credentials(account_of(found), found["password"])

    def numbered(self, number: int) -> Account | None:
        """The account with this id."""
        found = self._first(select(tables.accounts).where(tables.accounts.c.id == number))
        return None if found is None else account_of(found)

    def all(self) -> list[Account]:
        """Everybody, in the order of joining."""
        with self._reading.begin() as connection:
            rows = connection.execute(select(tables.accounts).order_by(tables.accounts.c.id)).mappings()
            return [account_of(row) for row in rows]

    def joined(self) -> dict[str, float]:
        """When everybody joined, in seconds since 1970."""
        with self._reading.begin() as connection:
            rows = connection.execute(select(tables.accounts.c.name, tables.accounts.c.at))
            return dict(rows.all())

    def change(self, name: str, **values: Any) -> Account:
        """Set columns of an account: role, standing, daily_limit, password, or the group of who has not judged.

        Ends the sessions of whom a new password, role or standing is given.

        Raises:
            InputError: no such account; or somebody who has judged would change the group.
        """
        table = tables.accounts
        self.named(name)
        if values.keys() & {"password", "role", "standing"}:
            values["session"] = table.c.session + 1
        with self._writing.begin() as connection:
            if "group" in values:
                # an answer that arrives at the same moment belongs to the one group or the other
                mine = select(table.c.id).where(table.c.name == name).with_for_update()
                connection.execute(mine)
                register(connection, [Labeler(name=name, group=values["group"])])
            connection.execute(update(table).where(table.c.name == name).values(**values))
        return self.named(name).account

    def end_sessions(self, number: int) -> None:
        """Sign the account with this id out wherever it is signed in, also where its cookie was copied to."""
        table = tables.accounts
        with self._writing.begin() as connection:
            ended = update(table).where(table.c.id == number).values(session=table.c.session + 1)
            connection.execute(ended)

    def secret(self) -> str:
        """What sessions are signed with; made at the first call."""
        table = tables.secrets
        with self._writing.begin() as connection:
            insert_new(connection, table, [{"name": "sessions", "value": secrets.token_hex(32)}])
            found: str = connection.execute(
                select(table.c.value).where(table.c.name == "sessions")
            ).scalar_one()
        return found

    def _first(self, query: Select) -> RowMapping | None:
        with self._reading.begin() as connection:
            return connection.execute(query).mappings().first()


def account_of(row: RowMapping) -> Account:
    """The account that a row of `accounts` holds."""
    return Account(**{name: row[name] for name in Account.model_fields})


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
