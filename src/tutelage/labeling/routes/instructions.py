"""The instructions: read, confirmed, and written anew by the owner."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tutelage.labeling.guards import Form, Me, Number, OurDesk, Owner, field, missing
from tutelage.labeling.texts import TITLES, render
from tutelage.schema import InputError, TaskKind

router = APIRouter(prefix="/instructions")


@router.get("/{kind}")
def read(request: Request, desk: OurDesk, me: Me, kind: TaskKind) -> Response:
    versions = desk.store.instructions.versions(kind)
    if not versions:
        raise missing()
    return desk.page(
        request,
        "instructions",
        kind=kind,
        title=TITLES[kind],
        version=versions[-1],
        versions=versions,
        html=render(versions[-1].text),
        must_read=desk.store.instructions.to_read(me.name, kind) is not None,
    )


@router.post("/{number}/read")
def confirm(desk: OurDesk, me: Me, form: Form, number: Number) -> Response:
    kind = desk.store.instructions.kind_of(number)
    if kind is None:
        raise missing()
    desk.store.instructions.read(me.name, number)
    return RedirectResponse(f"/work/{kind}", 303)


@router.get("/{kind}/edit")
def edit(request: Request, desk: OurDesk, owner: Owner, kind: TaskKind) -> Response:
    versions = desk.store.instructions.versions(kind)
    text = versions[-1].text if versions else ""
    return desk.page(request, "edit_instructions", kind=kind, title=TITLES[kind], text=text, error=None)


@router.post("/{kind}/edit")
def publish(request: Request, desk: OurDesk, owner: Owner, form: Form, kind: TaskKind) -> Response:
    text = field(form, "text").replace("\r\n", "\n")
    try:
        desk.store.instructions.publish(kind, text, owner.name)
    except InputError as error:
        told = str(error)
        return desk.page(
            request, "edit_instructions", 422, kind=kind, title=TITLES[kind], text=text, error=told
        )
    return RedirectResponse(f"/instructions/{kind}", 303)
