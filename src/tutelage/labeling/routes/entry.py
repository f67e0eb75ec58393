"""Coming in and going out: signing in, joining by a link, a new password."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tutelage.labeling.guards import Form, OurDesk, RefusalError, field
from tutelage.schema import Account, InputError
from tutelage.web.passwords import hash_password
from tutelage.web.sessions import COOKIE, Session
from tutelage.web.signing_in import Refusal, identify

router = APIRouter()
LONGEST_NAME = 100


@router.get("/login")
def ask_who(request: Request, desk: OurDesk, next: str = "/") -> Response:
    return desk.page(request, "login", error=None, name="", next=next)


@router.post("/login")
def sign_in(request: Request, desk: OurDesk, form: Form) -> Response:
    name, wanted = name_of(form), field(form, "next")
    match identify(desk.store.accounts, desk.guesses, name, field(form, "password")):
        case Refusal.too_many_guesses:
            raise RefusalError(429, "Too many tries", "Wait five minutes, then try again.")
        case Refusal.wrong:
            told = "The name or the password is not right."
            return desk.page(request, "login", 401, error=told, name=name, next=wanted)
        case Refusal.closed:
            told = "This account is closed. Ask who invited you."
            return desk.page(request, "login", 403, error=told, name=name, next=wanted)
        case account:
            return let_in(desk, account, wanted)


@router.post("/logout")
def sign_out(request: Request, desk: OurDesk, form: Form) -> Response:
    account = desk.account(request)
    if account is not None:
        desk.store.accounts.end_sessions(account.id)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response


@router.get("/join/{token}")
def look_at_invitation(request: Request, desk: OurDesk, token: str) -> Response:
    invitation = desk.store.accounts.invitation(token)
    if invitation is None:
        told = "The link was used, is too old, or was not copied whole. Ask for a new one."
        raise RefusalError(404, "This invitation is not valid", told)
    return desk.page(request, "join", invitation=invitation, error=None, name="")


@router.post("/join/{token}")
def join(request: Request, desk: OurDesk, form: Form, token: str) -> Response:
    invitation = desk.store.accounts.invitation(token)
    if invitation is None:
        raise RefusalError(404, "This invitation is not valid", "Ask for a new one.")
    name = name_of(form)
    try:
        demand_name(name)
        hashed = hash_password(field(form, "password"), field(form, "again"))
        account = desk.store.accounts.join(token, name, hashed)
    except InputError as error:
        return desk.page(request, "join", 422, invitation=invitation, error=str(error), name=name)
    return let_in(desk, account, "/")


@router.get("/password/{token}")
def ask_for_password(request: Request, desk: OurDesk, token: str) -> Response:
    return desk.page(request, "password", person=person_of(desk, token), error=None)


@router.post("/password/{token}")
def set_password(request: Request, desk: OurDesk, form: Form, token: str) -> Response:
    person = person_of(desk, token)
    try:
        hashed = hash_password(field(form, "password"), field(form, "again"))
    except InputError as error:
        return desk.page(request, "password", 422, person=person, error=str(error))
    return let_in(desk, desk.store.accounts.change(person.name, password=hashed), "/")


def name_of(form: Form) -> str:
    """A name as it was typed, with one blank between its words; of a longer one than there can be, the beginning."""
    return " ".join(field(form, "name").split())[: LONGEST_NAME + 1]


def demand_name(name: str) -> None:
    """Raises InputError for what cannot be a labeler's name.

    It stands in addresses: /people/invite is another page's, browsers and servers take `/`, `.` and `..` for
    parts of a path.
    """
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError("is no name", "name", f"take 1 to {LONGEST_NAME} letters")
    if "/" in name or name in (".", "..", "invite"):
        raise InputError("cannot be a name here", f"name {name!r}", "choose another, without /")


def person_of(desk: OurDesk, token: str) -> Account:
    """Whose password a link is for. It works once: a new password ends the session's number that it holds."""
    person = desk.sessions.account_of_link(token)
    if person is None:
        raise RefusalError(404, "This link is not valid", "It was used, or is too old. Ask for a new one.")
    return person


def let_in(desk: OurDesk, account: Account, wanted: str) -> Response:
    """Start a session and go where somebody wanted to go, on this site."""
    here = wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) else "/"
    response = RedirectResponse(here, 303)
    desk.remember(response, Session.start(account))
    return response
