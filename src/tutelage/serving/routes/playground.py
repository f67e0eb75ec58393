"""The playground: a page on which a prompt is put to several models, and what people say of their answers."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tutelage.schema import InputError
from tutelage.schema.judgment import check_one_to_each, check_ranks
from tutelage.serving.accepted import Accepted, accept, kept
from tutelage.serving.answers import ChatChunk, Usage
from tutelage.serving.errors import ApiError
from tutelage.serving.guards import FromOurPage, Me, OurDesk, read, remember, set_cookie
from tutelage.serving.judging import Given, Receipts, evaluates, keep_judgment
from tutelage.serving.pages import page
from tutelage.serving.requests import ChatRequest
from tutelage.serving.routes.chat import ChatForm, prompt_of
from tutelage.serving.sending import Events
from tutelage.serving.users import LIFETIME, VISITOR_COOKIE
from tutelage.web.sessions import COOKIE, Session

router = APIRouter(include_in_schema=False)

MOST = 3
"""Answers side by side."""

Receipt = Annotated[str, Field(max_length=100)]


@router.get("/")
def show(request: Request, desk: OurDesk) -> Response:
    """The page. While collection is on, a browser gets the id under which its prompts are kept."""
    known = desk.sessions.read(request.cookies.get(COOKIE))
    session = known or Session.start()
    account = desk.account(request)
    user = desk.user_of_browser(request, account)
    cookie = None
    if desk.settings.collect and user is None:
        user, cookie = desk.users.new_visitor()
    facts = {
        "collects": desk.settings.collect,
        "user": user,
        "labeler": None if account is None else account.name,
        "evaluates": evaluates(account),
        "most": MOST,
    }
    response = page("playground", facts=facts, csrf=session.csrf)
    if known is None:
        remember(desk, response, session)
    if cookie is not None:
        set_cookie(desk, response, VISITOR_COOKIE, cookie, LIFETIME)
    return response


@router.post("/playground/answers", dependencies=[FromOurPage])
async def answer(request: Request, desk: OurDesk, me: Me) -> Response:
    """One model's answer, streamed as in chat; the last event has its receipt, where it may be judged."""
    wish = await read(request, Question)
    prompt = prompt_of(wish)
    if not prompt.strip():
        raise ApiError(400, "the prompt is empty", "empty_prompt", param="messages")
    accepted = await accept(desk, request, me, wish, lambda served: [served.encode_question(prompt)])
    keep = kept(accepted, request, wish, [prompt], origin="playground")
    may_be_judged = evaluates(me.account) or keep is not None
    form = ReceiptForm(accepted, desk.receipts if may_be_judged else None, prompt)
    return Events(accepted, form, tells_usage=True, keep=keep)


@router.post("/playground/judgments", dependencies=[FromOurPage])
async def judge(request: Request, desk: OurDesk, me: Me) -> Response:
    """Which answer is better: an evaluation where a labeler says so, and feedback otherwise."""
    said = await read(request, Judgment)
    labeler = me.account if evaluates(me.account) else None
    if labeler is None and not desk.keeps(request, me.user):
        raise ApiError(403, "nothing of yours is kept", "not_kept")
    answers = desk.receipts.take(said.receipts, me.user)
    name = None if labeler is None else labeler.name
    try:
        await to_thread.run_sync(keep_judgment, desk.store, answers, said.ranks, name)
    except InputError as error:
        raise ApiError(400, str(error), "invalid_value") from None
    return Response(status_code=204)


class Question(ChatRequest):
    """A prompt for one model, to be answered once. Who asks is known by a key or a cookie, not by a name."""

    n: Annotated[int, Field(ge=1, le=1)] | None = None
    user: None = None


class Judgment(BaseModel):
    """`ranks` lie beside `receipts`: 1 is best, equal is a tie."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    receipts: Annotated[list[Receipt], Field(min_length=2, max_length=MOST)]
    ranks: list[int]

    @model_validator(mode="after")
    def _are_ranks(self) -> "Judgment":
        check_ranks(self.ranks)
        check_one_to_each(len(self.receipts), self.ranks, "ranks")
        return self


class LastChunk(ChatChunk):
    """With what stands for the answer when it is judged; null where it will not be."""

    receipt: str | None


class ReceiptForm(ChatForm):
    """A chat's events, and a receipt at the end."""

    def __init__(self, accepted: Accepted, receipts: Receipts | None, prompt: str) -> None:
        super().__init__(accepted, logprobs=False)
        self._receipts, self._prompt = receipts, prompt

    def closing(self, usage: Usage) -> LastChunk:
        """The numbers of tokens, and the receipt."""
        chunk = super().closing(usage)
        receipt = None
        if self._receipts is not None:
            [tally] = self._accepted.tallies
            given = Given(self._accepted.user, self._prompt, chunk.model, tally.text)
            receipt = self._receipts.give(given)
        return LastChunk(**dict(chunk), receipt=receipt)
