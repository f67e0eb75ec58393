"""The owner's view of the queue: what comes first in it, and what waits for the owner."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tutelage.labeling.desk import Desk
from tutelage.labeling.guards import Form, OurDesk, Owner, field, whole_number
from tutelage.labeling.questions import SKIP_REASONS
from tutelage.labeling.texts import TITLES
from tutelage.schema import InputError, Skipped
from tutelage.store import Submission

router = APIRouter(prefix="/queue")
HIGHEST = 1_000_000
MOST_PARKED = 100


@router.get("")
def queue(request: Request, desk: OurDesk, me: Owner) -> Response:
    return show_queue(request, desk)


@router.post("/priority")
def prioritize(request: Request, desk: OurDesk, me: Owner, form: Form) -> Response:
    try:
        priority = whole_number(form, "priority", -HIGHEST, HIGHEST)
    except InputError as error:
        return show_queue(request, desk, str(error))
    desk.store.queue.prioritize(field(form, "batch"), priority)
    return RedirectResponse("/queue", 303)


@router.post("/ask-again")
def ask_again(desk: OurDesk, me: Owner, form: Form) -> Response:
    # what is not parked any more, as of a page that was sent twice, is asked already
    desk.store.queue.ask_again(whole_number(form, "task", 1, 2**31 - 1))
    return RedirectResponse("/queue", 303)


def show_queue(request: Request, desk: Desk, error: str | None = None) -> Response:
    """The page of the queue."""
    batches = desk.store.overview.progress()
    parked = [
        {
            "task": task.id,
            "batch": task.batch,
            "title": TITLES[task.kind],
            "prompt": task.prompt or "",
            "skips": [{"labeler": line.labeler, **why(line)} for line in task.skips],
        }
        for task in desk.store.overview.parked(MOST_PARKED)
    ]
    return desk.page(
        request,
        "queue",
        422 if error else 200,
        batches=batches,
        parked=parked,
        count=sum(batch.parked for batch in batches),
        error=error,
    )


def why(line: Submission) -> dict[str, str]:
    """The reason of a skip in words, and what its labeler said of it."""
    said = line.said
    assert isinstance(said, Skipped)
    return {"reason": SKIP_REASONS[said.reason], "comment": said.comment}
