"""POST /v1/completions: texts that are gone on with, as they stand."""

from collections.abc import Iterable, Sequence

from fastapi import APIRouter, Request, Response

from tutelage.rollout import FinishReason, Piece, Token
from tutelage.serving.accepted import Accepted, Tally, accept, kept
from tutelage.serving.answers import TextChoice, TextCompletion, TextLogprobs, Usage
from tutelage.serving.guards import Me, OurDesk, read
from tutelage.serving.openapi import asks
from tutelage.serving.requests import CompletionRequest
from tutelage.serving.routes.chat import LEAST
from tutelage.serving.sending import Events, Form, send_whole
from tutelage.serving.served import Served

router = APIRouter()


@router.post("/v1/completions", **asks(CompletionRequest, TextCompletion, TextCompletion))
async def complete(request: Request, desk: OurDesk, me: Me) -> Response:
    """Go on with texts."""
    wish = await read(request, CompletionRequest)

    def encode(served: Served) -> list[tuple[int, ...]]:
        return [
            served.encode_text(prompt) if isinstance(prompt, str) else served.check_tokens(prompt)
            for prompt in wish.prompts
        ]

    accepted = await accept(desk, request, me, wish, encode)
    form = TextForm(accepted, wish.logprobs is not None)
    texts = [prompt for prompt in wish.prompts if isinstance(prompt, str)]
    keep = kept(accepted, request, wish, texts)
    if wish.stream:
        return Events(accepted, form, wish.tells_usage, keep)
    return await send_whole(request, accepted, form, keep)


class TextForm(Form):
    """Completions as OpenAI's older route tells of them."""

    def __init__(self, accepted: Accepted, logprobs: bool) -> None:
        super().__init__(accepted, "cmpl", logprobs)
        self._offsets = [0] * len(accepted.tallies)

    def opening(self) -> Iterable[TextCompletion]:
        """Nothing comes before the text."""
        return []

    def events(self, row: int, piece: Piece) -> Iterable[TextCompletion]:
        """Text, log-probabilities, and how it ended."""
        if piece.text or piece.finish_reason or self._logprobs:
            yield self._answer([self._choice(row, piece.text, piece.tokens, piece.finish_reason)])

    def closing(self, usage: Usage) -> TextCompletion:
        """The numbers of tokens."""
        return self._answer([], usage)

    def whole(self, tallies: Sequence[Tally], usage: Usage) -> TextCompletion:
        """All of it."""
        choices = [
            self._choice(row, tally.text, tally.tokens, tally.finish_reason)
            for row, tally in enumerate(tallies)
        ]
        return self._answer(choices, usage)

    def _answer(self, choices: list[TextChoice], usage: Usage | None = None) -> TextCompletion:
        return TextCompletion(**self._envelope(), choices=choices, usage=usage)

    def _choice(
        self, row: int, text: str, tokens: Sequence[Token], reason: FinishReason | None
    ) -> TextChoice:
        logprobs = self._told(row, tokens) if self._logprobs else None
        return TextChoice(index=row, text=text, logprobs=logprobs, finish_reason=reason)

    def _told(self, row: int, tokens: Sequence[Token]) -> TextLogprobs:
        names = [self._accepted.served.token_name(token.id) for token in tokens]
        offsets = []
        for name in names:
            offsets.append(self._offsets[row])
            self._offsets[row] += len(name)
        return TextLogprobs(
            tokens=names,
            token_logprobs=[max(token.logprob, LEAST) for token in tokens],
            top_logprobs=[self._likely(token) for token in tokens],
            text_offset=offsets,
        )

    def _likely(self, token: Token) -> dict[str, float]:
        """The likeliest tokens, and the one that was drawn; of two of one text the likelier counts."""
        found: dict[str, float] = {}
        for number, logprob in (*token.alternatives, (token.id, token.logprob)):
            found.setdefault(self._accepted.served.token_name(number), max(logprob, LEAST))
        return found
