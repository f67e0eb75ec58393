"""Who labels: invitations, screening, grades, and what somebody may do."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tutelage.labelers.screening import Thresholds
from tutelage.labeling.desk import Desk
from tutelage.labeling.guards import Form, Number, OurDesk, Owner, Reviewer, field, missing, whole_number
from tutelage.labeling.history import LONGEST, history
from tutelage.labeling.newcomers import read_newcomer, screened
from tutelage.labeling.work import prompt_text
from tutelage.schema import Account, Group, InputError, Role, Standing

router = APIRouter()
HIGHEST_LIMIT = 999_999


@router.get("/people")
def people(request: Request, desk: OurDesk, me: Reviewer) -> Response:
    return show_people(request, desk, link=None)


@router.post("/people/invite")
def invite(request: Request, desk: OurDesk, me: Owner, form: Form) -> Response:
    role, group = one_of(Role, form, "role"), one_of(Group, form, "group")
    screening = field(form, "screening") == "true" and role is Role.labeler
    token = desk.store.accounts.invite(role, group, screening)
    return show_people(request, desk, link=str(request.url_for("look_at_invitation", token=token)))


@router.get("/people/{name}")
def person(request: Request, desk: OurDesk, me: Reviewer, name: str) -> Response:
    return show_person(request, desk, me, account_named(desk, name))


@router.post("/people/{name}")
def change(request: Request, desk: OurDesk, me: Owner, form: Form, name: str) -> Response:
    account = account_named(desk, name)
    try:
        is_limited = bool(field(form, "daily_limit").strip())
        values = {
            "role": one_of(Role, form, "role"),
            "group": one_of(Group, form, "group"),
            "standing": one_of(Standing, form, "standing"),
            "daily_limit": whole_number(form, "daily_limit", 1, HIGHEST_LIMIT) if is_limited else None,
        }
        if account.id == me.id and (
            values["role"] is not Role.owner or values["standing"] is not Standing.active
        ):
            raise InputError("you would lock yourself out", remedy="make somebody else owner, who can do it")
        changed = {key: value for key, value in values.items() if value != getattr(account, key)}
        if changed:
            desk.store.accounts.change(account.name, **changed)
    except InputError as error:
        return show_person(request, desk, me, account, error=str(error))
    return RedirectResponse(page_of(account.name), 303)


@router.post("/people/{name}/link")
def make_link(request: Request, desk: OurDesk, me: Owner, form: Form, name: str) -> Response:
    account = account_named(desk, name)
    link = str(request.url_for("ask_for_password", token=desk.sessions.link(account)))
    return show_person(request, desk, me, account, link=link)


@router.post("/grades/{number}")
def grade(desk: OurDesk, me: Reviewer, form: Form, number: Number) -> Response:
    line = desk.store.journal.line(number)
    if line is None:
        raise missing()
    desk.store.journal.grade(number, me.name, whole_number(form, "grade", 1, 7))
    return RedirectResponse(page_of(line.labeler), 303)


def show_people(request: Request, desk: Desk, link: str | None) -> Response:
    """The list of all, with a fresh link where there is one."""
    done = desk.store.overview.judgments()
    since = desk.store.accounts.joined()
    people = [
        {**account.model_dump(), "judgments": done[account.name].ever, "at": since[account.name]}
        for account in desk.store.accounts.all()
    ]
    return desk.page(request, "people", people=people, link=link)


def show_person(
    request: Request,
    desk: Desk,
    me: Account,
    account: Account,
    link: str | None = None,
    error: str | None = None,
) -> Response:
    """Somebody's page."""
    return desk.page(
        request,
        "person",
        422 if error else 200,
        person=account,
        screening=screening_of(desk, account, me),
        history=history(desk.store, account.name),
        longest=LONGEST,
        judgments=desk.store.overview.judgments(account.name)[account.name].ever,
        link=link,
        error=error,
    )


def screening_of(desk: Desk, account: Account, reader: Account) -> dict[str, Any] | None:
    """What somebody's screening says; None where they had none."""
    newcomer = read_newcomer(desk.store, account.name)
    if not newcomer.lines and account.standing is not Standing.screening:
        return None
    asked, grades = newcomer.asked, newcomer.grades
    found = screened(newcomer, Thresholds())
    demonstrations = [
        {
            "submission": line.id,
            "prompt": prompt_text(asked[line.task].task),
            "text": line.answer["completion"],
            "why": gold.why if (gold := asked[line.task].task.gold) else None,
            "grades": grades.get(line.id, {}),
            "mine": grades.get(line.id, {}).get(reader.name),
        }
        for line in newcomer.demonstrations
    ]
    return {
        "flags": found.flags,
        "ranks": found.ranks,
        "grade": found.grade,
        "topics": found.topics or (),
        "thresholds": found.thresholds,
        "passes": found.passes,
        "demonstrations": demonstrations,
        "answered": len(newcomer.lines),
        "asked": len(asked),
    }


def one_of(kind: Any, form: Any, name: str) -> Any:
    """A choice of a form. Raises InputError for one that was not offered."""
    try:
        return kind(field(form, name))
    except ValueError:
        raise InputError("is none of the choices", name) from None


def page_of(name: str) -> str:
    """The address of somebody's page."""
    return f"/people/{quote(name, safe='')}"


def account_named(desk: Desk, name: str) -> Account:
    """Somebody by name."""
    try:
        return desk.store.accounts.named(name).account
    except InputError:
        raise missing() from None
