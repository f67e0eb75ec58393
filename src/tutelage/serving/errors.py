"""What a request is refused with: errors in the shape of OpenAI's, by which its client knows what to raise."""

from typing import Literal

from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError

Kind = Literal["invalid_request_error", "authentication_error", "requests", "tokens", "server_error"]


class ErrorBody(BaseModel):
    """`param`: the field that is meant; `code`: for programs."""

    message: str
    type: Kind
    param: str | None
    code: str | None


class ErrorAnswer(BaseModel):
    """The body of every refusal."""

    error: ErrorBody


KINDS: dict[int, Kind] = {401: "authentication_error", 403: "authentication_error", 429: "requests"}
"""The type of an error by its status, where it is not the sender's mistake (4xx) or the server's (5xx)."""


class ApiError(Exception):
    """A request that is not carried out. wait: seconds after which another try may do."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str,
        *,
        param: str | None = None,
        wait: int | None = None,
        close: bool = False,
    ) -> None:
        """close: nothing more is read of this connection."""
        super().__init__(code)  # the message may quote what was sent, and exceptions may be logged
        self.status, self.message, self.code, self.param = status, message, code, param
        self.headers = {} if wait is None else {"retry-after": str(wait)}
        if close:
            self.headers["connection"] = "close"

    @property
    def body(self) -> ErrorAnswer:
        """As it is sent."""
        kind = KINDS.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        if self.code == "tokens_exceeded":
            kind = "tokens"
        return ErrorAnswer(error=ErrorBody(message=self.message, type=kind, param=self.param, code=self.code))

    @property
    def response(self) -> Response:
        """The answer that tells of it."""
        return JSONResponse(self.body.model_dump(), self.status, self.headers)


def failure() -> ApiError:
    """What a mistake of the server's own is told by: nothing of its cause."""
    return ApiError(500, "the server failed; its log says more", "server_error")


def stopping() -> ApiError:
    """The server takes no more requests."""
    return ApiError(503, "the server is being stopped", "stopping", wait=5, close=True)


def shaped(status: int, told: str) -> object:
    """A refusal of the app's outermost layer, in the same shape."""
    return ApiError(
        status, told, {413: "too_large", 404: "not_found"}.get(status, "server_error")
    ).body.model_dump()


def explain(error: ValidationError, unsupported: frozenset[str]) -> ApiError:
    """The first complaint about a body, without what was sent. unsupported: fields of OpenAI's that do nothing here."""
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    field = errors[0]["loc"][:1]
    # of a field that may be of several types, the complaint of the one that it is of says more
    first = next((e for e in errors if e["loc"][:1] == field and not e["type"].endswith("_type")), errors[0])
    place = first["loc"]
    if first["type"] == "json_invalid":
        return ApiError(400, "the body is no JSON", "invalid_json")
    if not place:
        return ApiError(400, "the body is no JSON object", "invalid_json")
    param = str(place[0])
    for part in place[1:]:
        if not isinstance(part, int):
            break
        param += f"[{part}]"
    if place[0] in unsupported:
        told = f"{place[0]} is not supported here; leave it out"
        return ApiError(400, told, "unsupported_parameter", param=param)
    if first["type"] == "extra_forbidden":
        return ApiError(
            400, f"unknown field {str(place[-1])[:100]!r}", "unknown_parameter", param=param[:100]
        )
    if first["type"] == "missing":
        return ApiError(400, f"{place[-1]} is missing", "missing_required_parameter", param=param)
    told = first["msg"][:1].lower() + first["msg"][1:]
    return ApiError(400, f"{param}: {told}", "invalid_value", param=param)
