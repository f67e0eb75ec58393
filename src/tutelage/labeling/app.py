"""The web app: its routes put together, and how what goes wrong is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

from anyio import to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from tutelage.labeling import texts
from tutelage.labeling.desk import STATIC, Desk
from tutelage.labeling.guards import RefusalError, SignedOutError, missing
from tutelage.labeling.routes import (
    api,
    entry,
    export,
    instructions,
    overview,
    people,
    prompts,
    queue,
    working,
)
from tutelage.labeling.settings import Settings
from tutelage.schema import InputError
from tutelage.store import ConflictError, Store, UnknownError
from tutelage.web.protection import Protection

THREADS = 4
"""Requests of one process that are at work at the same time."""


def create_app(store: Store, settings: Settings | None = None) -> FastAPI:
    """The app over a store, which gets the shipped instructions and screening where it has none."""
    settings = settings or Settings()
    texts.ship(store)
    app = FastAPI(title="Tutelage", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_limit_threads)
    app.state.desk = Desk(store, settings)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for routes in (api, working, entry, instructions, overview, people, prompts, queue, export):
        app.include_router(routes.router)
    app.add_middleware(Protection, secure=settings.secure)
    app.add_exception_handler(SignedOutError, _ask_to_sign_in)
    app.add_exception_handler(RefusalError, _refuse)
    app.add_exception_handler(InputError, _explain)
    app.add_exception_handler(UnknownError, _find_nothing)
    app.add_exception_handler(ConflictError, _object)
    app.add_exception_handler(HTTPException, _pass_on)
    app.add_exception_handler(RequestValidationError, _find_nothing)
    return app


@asynccontextmanager
async def _limit_threads(_: FastAPI) -> AsyncIterator[None]:
    """Few requests at a time, the others wait their turn: many threads of one Python only get in each other's way."""
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


def _is_for_script(request: Request) -> bool:
    path: str = request.scope["path"]  # of a request's whole URL not all can be read
    return path.startswith("/api/")


def _ask_to_sign_in(request: Request, _: Exception) -> Response:
    if _is_for_script(request):
        return JSONResponse({"error": "you are signed out; sign in and send it again"}, 401)
    wanted = b"/"
    if request.method == "GET":
        query = request.scope["query_string"]
        wanted = quote(request.scope["path"]).encode() + (b"?" + query if query else b"")
    return RedirectResponse(f"/login?next={quote(wanted)}", 303)


def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusalError)
    return _tell(request, error.status, error.title, error.text)


def _explain(request: Request, error: Exception) -> Response:
    assert isinstance(error, InputError)
    if _is_for_script(request):
        return JSONResponse({"error": str(error), "field": error.where}, 422)
    return _tell(request, 422, "That cannot be used", str(error))


def _object(request: Request, error: Exception) -> Response:
    return _tell(request, 409, "Too late", f"{error}."[:1].upper() + f"{error}."[1:])


def _pass_on(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _refuse(request, missing())
    response = _tell(request, error.status_code, "That did not work", str(error.detail))
    response.headers.update(error.headers or {})
    return response


def _find_nothing(request: Request, error: Exception) -> Response:
    """An address with a number or a word that no page has, or no page of this labeler's."""
    assert isinstance(error, RequestValidationError | UnknownError)
    return _refuse(request, missing())


def _tell(request: Request, status: int, title: str, text: str) -> Response:
    if _is_for_script(request):
        return JSONResponse({"error": text}, status)
    desk: Desk = request.app.state.desk
    return desk.page(request, "message", status, title=title, text=text)
