"""Whose name and password somebody typed: the same in both apps, with the same pauses for who guesses."""

from enum import Enum, auto

from tutelage.schema import Account, InputError, Standing
from tutelage.store import Accounts
from tutelage.web.passwords import Guesses, verify_password


class Refusal(Enum):
    """Why nobody is let in."""

    too_many_guesses = auto()
    wrong = auto()
    """The name or the password: which one is not told."""
    closed = auto()


def identify(accounts: Accounts, guesses: Guesses, name: str, password: str) -> Account | Refusal:
    """The account that these are of, or why it is nobody's. Takes as long for a name that is not there."""
    if guesses.are_too_many(name):
        return Refusal.too_many_guesses
    try:
        found = accounts.named(name)
    except InputError:
        found = None
    if not verify_password(password, None if found is None else found.password) or found is None:
        guesses.count(name)
        return Refusal.wrong
    guesses.forget(name)
    return Refusal.closed if found.account.standing is Standing.disabled else found.account
