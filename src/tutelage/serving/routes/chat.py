"""POST /v1/chat/completions."""

from collections.abc import Iterable, Sequence

from fastapi import APIRouter, Request, Response

from tutelage.rollout import FinishReason, Piece, Token
from tutelage.serving.accepted import Accepted, Tally, accept, kept
from tutelage.serving.answers import (
    AssistantMessage,
    ChatChoice,
    ChatChunk,
    ChatChunkChoice,
    ChatCompletion,
    ChatLogprobs,
    Delta,
    DrawnToken,
    LikelyToken,
    Usage,
)
from tutelage.serving.errors import ApiError
from tutelage.serving.guards import Me, OurDesk, read
from tutelage.serving.openapi import asks
from tutelage.serving.requests import ChatRequest
from tutelage.serving.sending import Events, Form, send_whole
from tutelage.serving.served import Served

router = APIRouter()

LEAST = -9999.0
"""The log-probability of what is impossible: JSON has no infinity."""


@router.post("/v1/chat/completions", **asks(ChatRequest, ChatCompletion, ChatChunk))
async def chat(request: Request, desk: OurDesk, me: Me) -> Response:
    """Answer a conversation."""
    wish = await read(request, ChatRequest)
    prompt = prompt_of(wish)
    accepted = await accept(desk, request, me, wish, lambda served: [served.encode_question(prompt)])
    form = ChatForm(accepted, bool(wish.logprobs))
    keep = kept(accepted, request, wish, [prompt])
    if wish.stream:
        return Events(accepted, form, wish.tells_usage, keep)
    return await send_whole(request, accepted, form, keep)


def prompt_of(wish: ChatRequest) -> str:
    """The conversation as one text. Raises ApiError for what cannot be answered."""
    if wish.max_tokens is not None and wish.max_completion_tokens is not None:
        told = "give max_tokens or max_completion_tokens, not both"
        raise ApiError(400, told, "invalid_value", param="max_tokens")
    if wish.top_logprobs and not wish.logprobs:
        raise ApiError(400, "top_logprobs needs logprobs: true", "invalid_value", param="top_logprobs")
    try:
        return wish.text
    except ValueError as error:
        raise ApiError(400, str(error), "invalid_value", param="messages") from None


class ChatForm(Form):
    """Completions as OpenAI's chat tells of them."""

    def __init__(self, accepted: Accepted, logprobs: bool) -> None:
        super().__init__(accepted, "chatcmpl", logprobs)

    def opening(self) -> Iterable[ChatChunk]:
        """Who speaks."""
        for row in range(len(self._accepted.tallies)):
            yield self._chunk(row, {"role": "assistant", "content": ""})

    def events(self, row: int, piece: Piece) -> Iterable[ChatChunk]:
        """Text and log-probabilities, and in an event of its own how it ended."""
        logprobs = self._told(piece.tokens)
        if piece.text or logprobs:
            yield self._chunk(row, {"content": piece.text}, logprobs)
        if piece.finish_reason is not None:
            yield self._chunk(row, {}, reason=piece.finish_reason)

    def closing(self, usage: Usage) -> ChatChunk:
        """The numbers of tokens."""
        return ChatChunk(**self._envelope(), choices=[], usage=usage)

    def whole(self, tallies: Sequence[Tally], usage: Usage) -> ChatCompletion:
        """All of it."""
        return ChatCompletion(
            **self._envelope(),
            choices=[
                ChatChoice(
                    index=row,
                    message=AssistantMessage(content=tally.text),
                    logprobs=self._told(tally.tokens),
                    finish_reason=tally.finish_reason or "length",
                )
                for row, tally in enumerate(tallies)
            ],
            usage=usage,
        )

    def _chunk(
        self, row: int, delta: Delta, logprobs: ChatLogprobs | None = None, reason: FinishReason | None = None
    ) -> ChatChunk:
        return ChatChunk(
            **self._envelope(),
            choices=[ChatChunkChoice(index=row, delta=delta, logprobs=logprobs, finish_reason=reason)],
        )

    def _told(self, tokens: Sequence[Token]) -> ChatLogprobs | None:
        if not self._logprobs:
            return None
        return ChatLogprobs(content=[drawn(self._accepted.served, token) for token in tokens])


def drawn(served: Served, token: Token) -> DrawnToken:
    """A token that was drawn, beside the likeliest ones."""
    likely = [LikelyToken(**told(served, *each)) for each in token.alternatives]
    return DrawnToken(**told(served, token.id, token.logprob), top_logprobs=likely)


def told(served: Served, token: int, logprob: float) -> dict[str, object]:
    """A token's text, log-probability and bytes."""
    name = served.token_name(token)
    whole = "\ufffd" not in name
    return {"token": name, "logprob": max(logprob, LEAST), "bytes": list(name.encode()) if whole else None}
