"""What the owner and reviewers look at: progress, agreement, pictures, and disagreements side by side."""

import string
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from tutelage.labelers.disputes import disputed_pairs
from tutelage.labeling.figures import Figures, judged_of
from tutelage.labeling.guards import Form, Number, OurDesk, Owner, Reviewer, missing
from tutelage.labeling.pictures import PICTURES
from tutelage.labeling.work import prompt_text
from tutelage.schema import Flags
from tutelage.store import Submission

router = APIRouter()
MOST_DISPUTES = 500


async def figures_of(desk: OurDesk, me: Reviewer) -> Figures:
    """The figures of now, or of a moment ago; only of who may see them is anything computed."""
    return await desk.figures()


OurFigures = Annotated[Figures, Depends(figures_of)]


@router.get("/overview")
def overview(request: Request, desk: OurDesk, me: Reviewer, figures: OurFigures) -> Response:
    return desk.page(
        request,
        "overview",
        batches=figures.batches,
        done=sum(batch.done for batch in figures.batches),
        wanted=sum(batch.wanted for batch in figures.batches),
        labelers=figures.labelers,
        questions=figures.questions,
        pairs=figures.by_pair,
        overall=figures.agreement,
        alpha=figures.alpha,
        plots=[
            {"name": name, "title": picture.title, "alt": picture.alt}
            for name, picture in PICTURES.items()
            if picture.has_data(figures)
        ],
        disagreements=len(figures.disputes),
    )


@router.get("/overview/plots/{name}.svg")
async def picture(desk: OurDesk, me: Reviewer, figures: OurFigures, name: str) -> Response:
    found = PICTURES.get(name)
    if found is None or not found.has_data(figures):
        raise missing()
    # the picture is a document of its own, shown as an image: its styles touch no page
    headers = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
    svg = await desk.compute(partial(found.draw, figures))
    return Response(svg, media_type="image/svg+xml", headers=headers)


@router.get("/disagreements")
def disagreements(request: Request, desk: OurDesk, me: Reviewer, figures: OurFigures) -> Response:
    shown = figures.disputes[:MOST_DISPUTES]
    tasks = desk.store.overview.tasks({dispute.item for dispute in shown})
    items = [
        {
            "task": dispute.item,
            "prompt": prompt_text(tasks[dispute.item].task),
            "labelers": dispute.labelers,
            "disputed": len(dispute.pairs),
            "share": dispute.share,
        }
        for dispute in shown
    ]
    return desk.page(request, "disagreements", items=items, count=len(figures.disputes))


@router.get("/disagreements/{number}")
def disagreement(request: Request, desk: OurDesk, me: Reviewer, number: Number) -> Response:
    asked = desk.store.overview.tasks({number}).get(number)
    if asked is None or not asked.task.completions:
        raise missing()
    task = asked.task
    standing = desk.store.overview.answers(task=number)
    groups = {labeler.name: labeler.group for labeler in desk.store.labelers()}
    pairs = disputed_pairs([judged_of(line).ranks for line in standing])
    letters = string.ascii_uppercase
    return desk.page(
        request,
        "disagreement",
        prompt=prompt_text(task),
        completions=[
            {"label": label, "text": text, "source": source}
            for label, text, source in zip(
                letters, task.completions, task.sources or [None] * len(task.completions), strict=False
            )
        ],
        judgments=[
            {"submission": line.id, "labeler": line.labeler, "group": groups.get(line.labeler), "at": line.at}
            | marks_of(line)
            for line in standing
        ],
        disputed=[(letters[one], letters[other]) for one, other in pairs],
    )


@router.post("/submissions/{number}/set-aside")
def set_aside(desk: OurDesk, me: Owner, form: Form, number: Number) -> Response:
    line = desk.store.journal.line(number)
    if line is None:
        raise missing()
    desk.store.journal.set_aside(number)
    desk.forget_figures()
    return RedirectResponse(f"/disagreements/{line.task}", 303)


def marks_of(line: Submission) -> dict[str, Any]:
    """An order as the page shows it: ranks, and for each output the mark and the flags that were raised."""
    judged = judged_of(line)
    marks = [
        {
            "overall": mark.overall,
            "flags": [name for name in Flags.model_fields if getattr(mark.flags, name) is True],
        }
        for mark in judged.marks
    ]
    return {"ranks": judged.ranks, "marks": marks}
