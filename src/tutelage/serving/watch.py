"""Middleware: one line of the log for each request, and its place in the metrics; what nobody foresaw ends here."""

import time
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tutelage.serving import log
from tutelage.serving.errors import failure
from tutelage.serving.metrics import Metrics
from tutelage.serving.patience import StalledError


@dataclass(eq=False)
class Entry:
    """What is told of a request, filled in while it is carried out; `headers` go with its answer."""

    model: str = ""
    user: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    finish: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def entry_of(request: HTTPConnection) -> Entry:
    """The entry of this request."""
    entry: Entry = request.scope["tutelage.entry"]
    return entry


class Watch:
    """Also knows how many requests are under way."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, under_way: "set[Entry]", headers: dict[str, str]
    ) -> None:
        """headers: of every answer."""
        self._app, self._metrics, self._under_way, self._headers = app, metrics, under_way, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry out a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        entry = scope["tutelage.entry"] = Entry()
        status, began, told = 0, time.perf_counter(), False

        def tell() -> None:
            nonlocal told
            if told:
                return
            told = True
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.requests.labels(route, str(status), entry.model).inc()
            log.write(
                "request",
                route=route,
                method=scope["method"] if scope["method"] in METHODS else "other",
                status=status,
                model=entry.model,
                user=entry.user,
                prompt_tokens=entry.prompt_tokens,
                completion_tokens=entry.completion_tokens,
                milliseconds=round(1000 * (time.perf_counter() - began)),
                finish=entry.finish,
            )

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                more = {**self._headers, **entry.headers}
                pairs = [(name.encode(), value.encode()) for name, value in more.items()]
                message["headers"] = [*message["headers"], *pairs]
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                tell()  # what is done after the answer takes none of its time

        self._under_way.add(entry)
        try:
            await self._app(scope, receive, send_with_headers)
        except StalledError:
            entry.finish = "stalled"
        except Exception as error:
            log.write_error(error)
            entry.finish = entry.finish or "failed"
            if status == 0:
                await failure().response(scope, receive, send_with_headers)
        finally:
            self._under_way.discard(entry)
            tell()


METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
