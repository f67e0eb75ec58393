"""Labelers come in and go out, by the accounts of the labelers' app over the same store."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tutelage.schema import Account
from tutelage.serving.desk import Desk
from tutelage.serving.errors import ApiError
from tutelage.serving.guards import FromOurPage, OurDesk, read, remember
from tutelage.web.passwords import PAUSE
from tutelage.web.sessions import COOKIE, Session
from tutelage.web.signing_in import Refusal, identify

router = APIRouter(include_in_schema=False, dependencies=[FromOurPage])


class Credentials(BaseModel):
    """As they were typed."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    name: Annotated[str, Field(max_length=1000)]
    password: Annotated[str, Field(max_length=1000)]


@router.post("/playground/sign-in")
async def sign_in(request: Request, desk: OurDesk) -> Response:
    """Start a labeler's session."""
    typed = await read(request, Credentials)
    account = await to_thread.run_sync(known, desk, typed)
    response = Response(status_code=204)
    remember(desk, response, Session.start(account))
    return response


@router.post("/playground/sign-out")
def sign_out(request: Request, desk: OurDesk) -> Response:
    """End all sessions of whoever is signed in, as the labelers' app does."""
    account = desk.account(request)
    if account is not None:
        desk.store.accounts.end_sessions(account.id)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE)
    return response


def known(desk: Desk, typed: Credentials) -> Account:
    """Whose name and password these are. Raises ApiError for nobody's, and for who guesses."""
    name = " ".join(typed.name.split())
    match identify(desk.store.accounts, desk.guesses, name, typed.password):
        case Refusal.too_many_guesses:
            told = "too many wrong passwords came for this name"
            raise ApiError(429, told, "too_many_guesses", wait=round(PAUSE))
        case Refusal.wrong:
            raise ApiError(401, "the name or the password is not right", "wrong_password")
        case Refusal.closed:
            raise ApiError(403, "this account is closed; ask who invited you", "account_closed")
        case account:
            return account
