"""The owner's view of the queue, and what comes first in it."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tutelage.labeling.guards import Form, OurDesk, Owner, field
from tutelage.schema import InputError

router = APIRouter(prefix="/queue")
HIGHEST = 1_000_000


@router.get("")
def queue(request: Request, desk: OurDesk, me: Owner) -> Response:
    return desk.page(request, "queue", batches=desk.store.overview.progress(), error=None)


@router.post("/priority")
def prioritize(request: Request, desk: OurDesk, me: Owner, form: Form) -> Response:
    try:
        priority = int(field(form, "priority"))
        if abs(priority) > HIGHEST:
            raise ValueError
    except ValueError:
        told = str(InputError("is no whole number of ordinary size", "priority"))
        return desk.page(request, "queue", 422, batches=desk.store.overview.progress(), error=told)
    desk.store.queue.prioritize(field(form, "batch"), priority)
    return RedirectResponse("/queue", 303)
