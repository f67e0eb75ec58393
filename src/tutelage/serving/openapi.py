"""/openapi.json: what is written of the routes, from the models by which bodies are read and written."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tutelage.serving.errors import ErrorAnswer
from tutelage.serving.requests import ChatRequest, CompletionRequest

PLACE = "#/components/schemas/{model}"
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": told}
    for status, told in {
        401: "No key, or a wrong one",
        404: "There is no such model",
        429: "Too many wrong keys",
        500: "The server failed",
        503: "The server is being stopped",
    }.items()
}
ASKING: dict[int | str, dict[str, Any]] = REFUSALS | {
    status: {"model": ErrorAnswer, "description": told}
    for status, told in {
        400: "The request makes no sense, or asks for what is not supported",
        408: "The body did not come in time",
        413: "The body is too large",
        415: "The body is no JSON",
        429: "A limit is reached, or too much is waiting; Retry-After says how long to wait",
    }.items()
}


def asks(body: type[BaseModel], answer: type[BaseModel], event: type[BaseModel]) -> dict[str, Any]:
    """What a route says of itself that reads its body by hand: only after its sender was let in."""
    told = f"One event: {event.__name__} as JSON, or an error; the last is [DONE]."
    data = {"type": "string", "description": told}
    schema = {"type": "object", "required": ["data"], "properties": {"data": data}}
    stream = {"text/event-stream": {"schema": schema}}
    return {
        "response_model": answer,
        "responses": {**ASKING, 200: {"content": stream, "description": "The answer, whole or as events"}},
        "openapi_extra": {
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": PLACE.format(model=body.__name__)}}},
            }
        },
    }


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole description."""
    if app.openapi_schema is None:
        description = get_openapi(title=app.title, version=app.version, routes=app.routes)
        _, bodies = models_json_schema(
            [(ChatRequest, "validation"), (CompletionRequest, "validation")], ref_template=PLACE
        )
        components = description.setdefault("components", {})
        components.setdefault("schemas", {}).update(bodies["$defs"])
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        for path, methods in description["paths"].items():
            if path.startswith("/v1/") or path == "/metrics":
                for route in methods.values():
                    route["security"] = [{"key": []}, {}]  # on its own machine it needs none
        app.openapi_schema = description
    return app.openapi_schema
