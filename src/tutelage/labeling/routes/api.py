"""What scripts send: the pages' own, and programs that label."""

import math
import re
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse

from tutelage.labeling.guards import Json, Me, Number, OurDesk, RefusalError, missing
from tutelage.labeling.incoming import demand_value
from tutelage.labeling.turn import Nothing, kinds_for, next_work
from tutelage.labeling.work import Work, in_own_order, read_answer
from tutelage.schema import Account, InputError, Skipped, TaskKind
from tutelage.store import ConflictError, Version

router = APIRouter(prefix="/api")
CLIENT = re.compile(r"[\w-]{8,64}", re.ASCII)


@router.get("/me")
def me(me: Me) -> dict[str, Any]:
    return {"name": me.name, "role": me.role, "group": me.group, "standing": me.standing}


@router.post("/next")
def lease(desk: OurDesk, me: Me, body: Json) -> Response:
    """The next task of the first kind that has one; 204 where none has, 409 with instructions that must be read."""
    for kind in wanted_kinds(me, body):
        found = next_work(desk, me, kind)
        match found:
            case Work():
                return JSONResponse(asdict(found))
            case Version():
                unread = jsonable_encoder(found, exclude={"author"})
                return JSONResponse({"error": "read the instructions first", "instructions": unread}, 409)
            case Nothing(reason="limit"):
                raise RefusalError(429, "Enough for today", "The limit of judgments a day is reached.")
    return Response(status_code=204)


@router.post("/instructions/{number}/read")
def confirm(desk: OurDesk, me: Me, body: Json, number: Number) -> Response:
    if desk.store.instructions.kind_of(number) is None:
        raise missing()
    desk.store.instructions.read(me.name, number)
    return Response(status_code=204)


@router.post("/assignments/{number}/submit")
def submit(desk: OurDesk, me: Me, body: Json, number: Number) -> Response:
    answer = in_own_order(read(desk, body), number)
    line = desk.store.journal.submit(number, me, answer, client_of(body), seconds_of(body))
    return JSONResponse({"submission": line})


@router.put("/assignments/{number}/draft")
def keep_draft(desk: OurDesk, me: Me, body: Json, number: Number) -> Response:
    draft = body.get("draft") if isinstance(body, dict) else None
    demand_value(draft, desk.settings.longest_text, "draft")
    if not desk.store.queue.keep(number, me.name, desk.settings.lease_seconds, draft):
        raise ConflictError("this task is no longer in your hands")
    return Response(status_code=204)


@router.post("/assignments/{number}/give-back")
def give_back(desk: OurDesk, me: Me, body: Json, number: Number) -> Response:
    if not desk.store.queue.give_back(number, me.name):
        raise ConflictError("this task is no longer in your hands")
    return Response(status_code=204)


@router.post("/submissions/{number}/correct")
def correct(desk: OurDesk, me: Me, body: Json, number: Number) -> dict[str, int]:
    line = desk.store.journal.line(number)
    if line is None or line.labeler != me.name:
        raise missing()
    answer = in_own_order(read(desk, body), line.assignment)
    if isinstance(answer, Skipped):
        raise InputError("a skip is no correction", "answer", "send what you would have answered")
    return {"submission": desk.store.journal.correct(number, me, answer, client_of(body))}


def read(desk: OurDesk, body: Any) -> Any:
    """The answer in a request's body."""
    if not isinstance(body, dict):
        raise InputError("not a JSON object", "the request")
    return read_answer(body.get("answer"), desk.settings.longest_text)


def client_of(body: dict[str, Any]) -> str:
    """What the sender calls this answer, so that it counts once."""
    client = body.get("client")
    if not isinstance(client, str) or not CLIENT.fullmatch(client):
        raise InputError("is no identifier", "client", "send 8 to 64 letters and digits, new for each answer")
    return client


def seconds_of(body: dict[str, Any]) -> float | None:
    """How long the sender says that it took."""
    seconds = body.get("seconds")
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise InputError("is no number", "seconds")
    if isinstance(seconds, float) and not math.isfinite(seconds):
        raise InputError("is no number", "seconds")
    return seconds


def wanted_kinds(me: Account, body: Any) -> list[TaskKind]:
    """The kinds that a request asks for, of those that are this labeler's; all of them where it names none."""
    offered = kinds_for(me)
    if not isinstance(body, dict) or "kinds" not in body:
        return list(offered)
    kinds = body["kinds"]
    if not isinstance(kinds, list):
        raise InputError("is no list", "kinds")
    return [kind for kind in offered if kind in kinds]
