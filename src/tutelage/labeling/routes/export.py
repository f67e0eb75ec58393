"""Taking the judgments out: files that `tutelage train` reads, and snapshots."""

import tempfile
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from tutelage.data.dataset import Records, write_dataset
from tutelage.labeling.desk import Desk
from tutelage.labeling.guards import Form, OurDesk, Owner, field, missing
from tutelage.schema import InputError, Purpose

router = APIRouter(prefix="/export")
LONGEST_NAME = 200
"""Characters of a snapshot's name."""
TYPES = {"jsonl": "application/jsonl", "parquet": "application/vnd.apache.parquet"}


@router.get("")
def choose(request: Request, desk: OurDesk, me: Owner) -> Response:
    return show(request, desk)


@router.post("/freeze")
def freeze(request: Request, desk: OurDesk, me: Owner, form: Form) -> Response:
    name = field(form, "name").strip()
    try:
        if len(name) > LONGEST_NAME:
            raise InputError("is too long", "the snapshot's name", f"take {LONGEST_NAME} characters at most")
        desk.store.freeze(name)
    except InputError as error:
        return show(request, desk, str(error))
    return RedirectResponse("/export", 303)


@router.get("/{records}.{ending}")
def export(
    desk: OurDesk,
    me: Owner,
    records: Records,
    ending: str,
    batch: str = "",
    purpose: Purpose = Purpose.training,
    at: str = "",
) -> Response:
    if ending not in TYPES or purpose is Purpose.control:
        raise missing()
    view = desk.store.at(at) if at else desk.store
    file = tempfile.NamedTemporaryFile(prefix="tutelage-", suffix=f".{ending}", delete=False)  # noqa: SIM115
    file.close()
    try:
        write_dataset(file.name, view, records, purpose, batch or None)
    except BaseException:
        Path(file.name).unlink()
        raise
    return FileResponse(
        file.name,
        media_type=TYPES[ending],
        filename=f"{records}.{ending}",
        background=BackgroundTask(Path(file.name).unlink),
    )


def show(request: Request, desk: Desk, error: str | None = None) -> Response:
    """The page on which to choose."""
    return desk.page(
        request,
        "export",
        422 if error else 200,
        batches=sorted({count.batch for count in desk.store.stats()}),
        snapshots=desk.store.snapshots(),
        error=error,
    )
