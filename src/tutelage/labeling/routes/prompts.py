"""What users asked of served models: whoever looks after the data corrects what it is for."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from tutelage.labeling.guards import Form, OurDesk, Reviewer, field, whole_number
from tutelage.schema import InputError, UseCase, suggestion

router = APIRouter(prefix="/prompts")
ON_A_PAGE = 50
HIGHEST = 2**31 - 1

After = Annotated[int, Query(ge=0, le=HIGHEST)]


@router.get("")
def prompts(
    request: Request, desk: OurDesk, me: Reviewer, use_case: UseCase | None = None, after: After = 0
) -> Response:
    # one more than is shown tells whether there is a next page
    found = desk.store.collection.prepared(use_case, after, ON_A_PAGE + 1)
    shown = found[:ON_A_PAGE]
    more = None
    if len(found) > len(shown):
        chosen = {} if use_case is None else {"use_case": use_case}
        more = f"/prompts?{urlencode({**chosen, 'after': shown[-1].row})}"
    return desk.page(
        request,
        "prompts",
        prompts=[
            {
                "row": each.row,
                "text": each.prompt.text,
                "use_case": each.prompt.use_case,
                "split": each.prompt.split,
            }
            for each in shown
        ],
        use_cases=[(case, case.replace("_", " ")) for case in UseCase],
        use_case=use_case,
        after=after,
        more=more,
    )


@router.post("/use-case")
def correct(desk: OurDesk, me: Reviewer, form: Form) -> Response:
    """A prompt is of another use case; the page that it was said on comes again."""
    given = field(form, "use_case")
    if given not in set(UseCase):
        raise InputError(f"{given!r} is no use case", "use_case", suggestion(given, UseCase))
    desk.store.collection.correct_use_case(whole_number(form, "row", 1, HIGHEST), UseCase(given))
    shown = field(form, "shown")
    page = {"use_case": shown} if shown in set(UseCase) else {}
    after = whole_number(form, "after", 0, HIGHEST)
    return RedirectResponse(f"/prompts?{urlencode({**page, 'after': after})}", 303)
