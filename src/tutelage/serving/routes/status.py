"""How the server is: for machines that watch over it, and for people whose prompts it keeps."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from tutelage.serving.answers import Condition, Health
from tutelage.serving.guards import Me, OurDesk
from tutelage.serving.openapi import REFUSALS
from tutelage.serving.pages import page

router = APIRouter()

NOTICE = "on; prompts and answers are kept to train models, see /collection"
"""What every answer carries while collection is on."""

OFF = "This server keeps nothing of what you ask and what it answers.\n"
ON = """\
This server keeps what you ask and what it answers.

What is kept: the text of your prompt, the answers, which of them you said was better, the model's name, the time, and
an id that stands for your key, your browser or the name that your program gave you. No name, no address.

Why: prompts are made into training data for the next models. Before that, personal information is taken out,
repeated prompts are dropped, and no user has more than a small part of them. People may read them to rank answers.

Not to have a request kept: send the header X-Tutelage-Collection: off, or in the request "store": false. The header
with any value but "on" means off. A request that has neither a key nor a cookie of this server nor a field "user" is
never kept.

To have what is kept of you deleted: ask whoever runs this server and give your id, which answers carry in the header
X-Tutelage-User. The command for it is: tutelage data forget ID
"""


@router.get("/health", responses={503: {"model": Health}})
async def health(desk: OurDesk, response: Response) -> Health:
    """Whether requests are taken."""
    status: Condition = "stopping" if desk.stopping else "failed" if desk.service.failed else "ok"
    response.status_code = 200 if status == "ok" else 503
    return Health(
        status=status,
        models=list(desk.models),
        collection=desk.settings.collect,
        waiting=sum(desk.service.waiting(name) for name in desk.models),
        live=sum(desk.service.live(name) for name in desk.models),
    )


@router.get("/metrics", response_class=PlainTextResponse, responses=REFUSALS)
async def metrics(desk: OurDesk, me: Me) -> str:
    """Numbers for Prometheus; where keys are needed, it needs one, too."""
    return desk.metrics.text()


@router.get("/collection", response_class=PlainTextResponse)
def collection(request: Request, desk: OurDesk) -> Response:
    """What is kept of what is asked, and how not to have it kept; to browsers as a page, with their own id."""
    told = ON if desk.settings.collect else OFF
    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse(told)
    user = desk.user_of_browser(request, desk.account(request)) if desk.settings.collect else None
    return page("collection", paragraphs=told.strip().split("\n\n"), user=user)
