"""A labeler's own pages: what there is to do, the tasks, and what was answered."""

from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tutelage.labelers.screening import TOPICS
from tutelage.labeling.desk import Desk
from tutelage.labeling.guards import Me, Number, OurDesk, missing
from tutelage.labeling.history import LONGEST, history
from tutelage.labeling.questions import MEANINGS, PROMPT_KINDS, SKIP_REASONS, questions_for
from tutelage.labeling.texts import ABOUT, TITLES, render
from tutelage.labeling.turn import Nothing, kinds_for, next_work
from tutelage.labeling.work import Work, show
from tutelage.schema import Standing, TaskKind, UseCase
from tutelage.store import Version

router = APIRouter()
PAGES = {
    TaskKind.write: "write",
    TaskKind.demonstrate: "demonstrate",
    TaskKind.rank: "judge",
    TaskKind.evaluate: "judge",
    TaskKind.flag: "flag",
    TaskKind.assess: "assess",
}


@router.get("/")
def home(request: Request, desk: OurDesk, me: Me) -> Response:
    waiting = desk.store.queue.waiting(me)
    in_hand = desk.store.overview.in_hand(me.name)
    done = desk.store.overview.judgments(me.name)[me.name]
    kinds = [
        {
            "kind": kind,
            "title": TITLES[kind],
            "about": ABOUT[kind],
            "count": waiting.get(kind, 0),
            "in_hand": kind in in_hand,
        }
        for kind in kinds_for(me)
        if me.standing is Standing.active or kind in waiting
    ]
    newcomer = me.standing is Standing.screening
    return desk.page(
        request,
        "home",
        kinds=kinds,
        today=done.today,
        every=done.ever,
        limit=me.daily_limit,
        standing=me.standing,
        done_screening=newcomer and not waiting,
    )


@router.get("/work/{kind}")
def work(request: Request, desk: OurDesk, me: Me, kind: TaskKind) -> Response:
    if kind not in kinds_for(me):
        raise missing()
    found = next_work(desk, me, kind)
    match found:
        case Version():
            return RedirectResponse(f"/instructions/{kind}", 303)
        case Nothing():
            return desk.page(request, "nothing", kind=kind, title=TITLES[kind], reason=found.reason)
        case Work():
            return task_page(request, desk, found)


@router.get("/mine")
def mine(request: Request, desk: OurDesk, me: Me) -> Response:
    return desk.page(request, "mine", history=history(desk.store, me.name), longest=LONGEST)


@router.get("/mine/{number}")
def reconsider(request: Request, desk: OurDesk, me: Me, number: Number) -> Response:
    line = desk.store.journal.line(number)
    if line is None or line.labeler != me.name or not desk.store.journal.is_last_word(number):
        raise missing()
    assignment = desk.store.queue.assignment(line.assignment)
    if assignment is None:
        raise missing()
    work = show(line.assignment, assignment.task, correcting=number, answer=line.said)
    return task_page(request, desk, work)


def task_page(request: Request, desk: Desk, work: Work) -> Response:
    """The page on which a task is done."""
    versions = desk.store.instructions.versions(work.kind)
    return desk.page(
        request,
        PAGES[work.kind],
        work=replace(work, instructions=versions[-1].version if versions else None),
        html=render(versions[-1].text) if versions else "",
        questions=questions_for(work.kind),
        meanings=MEANINGS,
        prompt_kinds=PROMPT_KINDS,
        skip_reasons=[{"value": value, "title": title} for value, title in SKIP_REASONS.items()],
        use_cases=[{"value": case, "title": case.replace("_", " ")} for case in UseCase],
        topics=TOPICS,
    )
