"""The server as an app: its routes put together, and how what goes wrong is told."""

from collections.abc import Mapping

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from tutelage.rollout import Service
from tutelage.serving.desk import OPT_OUT, Desk
from tutelage.serving.errors import ApiError, shaped
from tutelage.serving.openapi import describe
from tutelage.serving.pages import STATIC
from tutelage.serving.patience import Patience, SlowError
from tutelage.serving.routes import chat, completions, entry, models, playground, status
from tutelage.serving.sending import GONE
from tutelage.serving.served import Served
from tutelage.serving.settings import Settings
from tutelage.serving.watch import Watch, entry_of
from tutelage.store import Store
from tutelage.web.protection import Protection, TooLargeError


def create_app(
    store: Store, service: Service, served: Mapping[str, Served], settings: Settings | None = None
) -> FastAPI:
    """The app over models that a service samples. served: the same models by the names of the service's."""
    settings = settings or Settings()
    app = FastAPI(title="Tutelage", docs_url=None, redoc_url=None, redirect_slashes=False)
    desk = app.state.desk = Desk(store, service, served, settings)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for routes in (chat, completions, models, status, playground, entry):
        app.include_router(routes.router)
    # the last is the outermost
    app.add_middleware(Patience, body_seconds=settings.body_seconds, stall_seconds=settings.stall_seconds)
    notice = {OPT_OUT: status.NOTICE} if settings.collect else {}
    app.add_middleware(Watch, metrics=desk.metrics, under_way=desk.under_way, headers=notice)
    app.add_middleware(Protection, secure=settings.secure, largest=settings.largest_body, refusal=shaped)
    app.add_exception_handler(ApiError, _refuse)
    app.add_exception_handler(TooLargeError, _refuse_large)
    app.add_exception_handler(SlowError, _refuse_slow)
    app.add_exception_handler(ClientDisconnect, _let_go)
    app.add_exception_handler(HTTPException, _pass_on)
    app.add_exception_handler(RequestValidationError, _find_nothing)
    return app


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    desk: Desk = request.app.state.desk
    desk.metrics.refusals.labels(error.code).inc()
    entry = entry_of(request)
    entry.finish = entry.finish or error.code
    return error.response


async def _refuse_large(request: Request, _: Exception) -> Response:
    desk: Desk = request.app.state.desk
    told = f"the body has more than {desk.settings.largest_body} bytes"
    return await _refuse(request, ApiError(413, told, "too_large", close=True))


async def _refuse_slow(request: Request, _: Exception) -> Response:
    return await _refuse(request, ApiError(408, "the body did not come in time", "too_slow", close=True))


async def _let_go(request: Request, _: Exception) -> Response:
    entry_of(request).finish = "cancelled"
    return Response(status_code=GONE)


async def _pass_on(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid_request")
    response = await _refuse(request, ApiError(error.status_code, str(error.detail), code))
    response.headers.update(error.headers or {})
    return response


async def _find_nothing(request: Request, _: Exception) -> Response:
    return await _refuse(request, ApiError(404, "there is nothing at this address", "not_found"))
