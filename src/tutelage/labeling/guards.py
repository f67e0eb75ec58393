"""Who may do what: everything that a route demands before it does anything.

What asks the database is a plain function, which runs beside the loop; what does not is a coroutine, without a thread.
"""

import re
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from starlette.datastructures import FormData

from tutelage.labeling.desk import Desk
from tutelage.labeling.incoming import demand_text
from tutelage.schema import Account, InputError, Role


class SignedOutError(Exception):
    """Nobody is signed in."""


class RefusalError(Exception):
    """A request that is not carried out, and what its sender is told."""

    def __init__(self, status: int, title: str, text: str) -> None:
        super().__init__(text)
        self.status, self.title, self.text = status, title, text


def missing() -> RefusalError:
    """The same for what is not there and for what is not this person's: nobody learns which numbers exist."""
    return RefusalError(404, "Not found", "There is no such page, or it is not yours.")


async def desk_of(request: Request) -> Desk:
    """The app's desk."""
    desk: Desk = request.app.state.desk
    return desk


OurDesk = Annotated[Desk, Depends(desk_of)]


def signed_in(request: Request, desk: OurDesk) -> Account:
    """Whoever is signed in. Raises SignedOutError for nobody."""
    account = desk.account(request)
    if account is None:
        raise SignedOutError
    return account


Me = Annotated[Account, Depends(signed_in)]


async def owner(me: Me) -> Account:
    """The owner; to others the page is not there."""
    if me.role is not Role.owner:
        raise missing()
    return me


async def reviewer(me: Me) -> Account:
    """The owner or a reviewer; to others the page is not there."""
    if me.role not in (Role.owner, Role.reviewer):
        raise missing()
    return me


Owner = Annotated[Account, Depends(owner)]
Reviewer = Annotated[Account, Depends(reviewer)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""An id in an address: beyond 32 bits PostgreSQL's columns have none, and beyond 64 SQLite's driver fails."""


async def form_of(request: Request, desk: OurDesk) -> FormData:
    """A form of this session's own pages. Raises RefusalError for one that comes from elsewhere."""
    try:
        form = await request.form()
    except UnicodeError as error:  # the sender may name any encoding that Python knows
        raise InputError("is in an encoding that cannot be read", "the form", "send UTF-8") from error
    token = form.get("csrf")
    _demand_token(request, desk, token if isinstance(token, str) else None)
    return form


async def json_of(request: Request, desk: OurDesk) -> Any:
    """The JSON value that a page's script sent. Raises RefusalError for one that comes from elsewhere."""
    _demand_token(request, desk, request.headers.get("x-csrf-token"))
    try:
        return await request.json()
    except (ValueError, RecursionError) as error:
        raise InputError("not JSON", "the request") from error


Form = Annotated[FormData, Depends(form_of)]
Json = Annotated[Any, Depends(json_of)]


def field(form: FormData, name: str) -> str:
    """A text field of a form; empty where it is missing.

    Raises:
        InputError: it holds what no database keeps.
    """
    value = form.get(name)
    text = value if isinstance(value, str) else ""
    demand_text(text, name)
    return text


def whole_number(form: FormData, name: str, low: int, high: int) -> int:
    """A number of a form.

    Raises:
        InputError: it is not written in plain digits, or out of bounds.
    """
    text = field(form, name).strip()
    if not re.fullmatch(r"-?[0-9]{1,10}", text) or not low <= int(text) <= high:
        raise InputError("is no whole number", name, f"give {low:,} to {high:,}")
    return int(text)


def _demand_token(request: Request, desk: Desk, token: str | None) -> None:
    if not desk.session(request).allows(token):
        raise RefusalError(
            403,
            "Not sent from here",
            "The page was too old, or the request came from elsewhere. Load the page again.",
        )
