"""What routes demand before they do anything: who sends the request, and a body that makes sense."""

from typing import Annotated, TypeVar

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ValidationError

from tutelage.serving.desk import Desk
from tutelage.serving.door import Caller
from tutelage.serving.errors import ApiError, explain
from tutelage.serving.requests import UNSUPPORTED
from tutelage.web.sessions import COOKIE, LIFETIME, Session

W = TypeVar("W", bound=BaseModel)


async def desk_of(request: Request) -> Desk:
    """The app's desk."""
    desk: Desk = request.app.state.desk
    return desk


OurDesk = Annotated[Desk, Depends(desk_of)]


def caller_of(request: Request, desk: OurDesk) -> Caller:
    """Who sends the request. A plain function, which runs beside the loop: it asks the database."""
    return desk.caller(request)


Me = Annotated[Caller, Depends(caller_of)]


async def demand_token(request: Request, desk: OurDesk) -> None:
    """Raises ApiError for a request that does not come from a page of this session's own."""
    session = desk.sessions.read(request.cookies.get(COOKIE))
    if session is None or not session.allows(request.headers.get("x-csrf-token")):
        raise ApiError(403, "load the page again: it is too old, or not from here", "stale_page")


FromOurPage = Depends(demand_token)


async def read(request: Request, kind: type[W]) -> W:
    """The body of a request, read only after its sender was let in. Raises ApiError for one that makes no sense.

    A body that does not call itself JSON is refused: a page of another site could send it from a visitor's browser.
    """
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise ApiError(415, "send content-type: application/json", "unsupported_media_type")
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as error:
        raise explain(error, UNSUPPORTED) from None


def remember(desk: Desk, response: Response, session: Session) -> None:
    """Give the browser the cookie of a session."""
    set_cookie(desk, response, COOKIE, desk.sessions.write(session), LIFETIME)


def set_cookie(desk: Desk, response: Response, name: str, value: str, seconds: int) -> None:
    """Give the browser a cookie that no script reads."""
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="lax", secure=desk.settings.secure
    )
