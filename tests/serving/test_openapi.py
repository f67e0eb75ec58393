"""/openapi.json says what the server does: requests are made of it, and answers are held to it."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import BaseSchema, Case, GenerationMode
from schemathesis.checks import CHECKS as REGISTRY
from schemathesis.checks import load_all_checks
from tests.serving.house import ASK, policy

from tutelage.rollout import Sampler, Service
from tutelage.serving.app import create_app
from tutelage.serving.served import Served
from tutelage.serving.settings import Settings
from tutelage.store import Store

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
]
"""Not `positive_data_acceptance`: the description cannot say how many tokens a text has, or that a model is served."""

load_all_checks()
CHECKS_BY_NAME = {check.__name__: check for check in REGISTRY.get_all()}

ROUTES = [
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/completions"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/{name}"),
    ("GET", "/health"),
    ("GET", "/metrics"),
    ("GET", "/collection"),
]


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaseSchema]:
    """That of a server in this process, whose models have answered after a few tokens."""
    samplers = {"tiny": Sampler(*policy(1, context=64))}
    served = {name: Served(name, sampler, 4) for name, sampler in samplers.items()}
    place = tmp_path_factory.mktemp("openapi") / "tutelage.db"
    with Store(place) as store, Service(samplers, rows=4) as service:
        app = create_app(store, service, served, Settings(queue=4, largest_body=100_000))
        yield schemathesis.openapi.from_asgi("/openapi.json", app)


def test_every_address_is_described(description: BaseSchema) -> None:
    found = {(each.ok().method.upper(), each.ok().path) for each in description.get_all_operations()}
    assert found == set(ROUTES)


RIGHT = [(*route, GenerationMode.POSITIVE) for route in ROUTES]
WRONG = [(*route, GenerationMode.NEGATIVE) for route in ROUTES if route[0] == "POST"]


@pytest.mark.parametrize(("method", "path", "mode"), [*RIGHT, *WRONG])
def test_answers_are_as_described(
    method: str, path: str, mode: GenerationMode, description: BaseSchema
) -> None:
    operation = description[path][method]
    chosen = [CHECKS_BY_NAME[name] for name in CHECKS]

    @settings(
        max_examples=30 if method == "POST" else 8,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode), served=st.booleans(), stream=st.booleans())
    def one_of_many(case: Case, served: bool, stream: bool) -> None:
        if served and mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
            # else all would ask for a model that is not there, or for more than it can see
            case.body |= {"model": "tiny", "stream": stream, "n": 2}
            for field in ("max_tokens", "max_completion_tokens", "top_logprobs"):
                case.body.pop(field, None)
            if "messages" in case.body:
                case.body["messages"] = [*case.body["messages"][:1], *ASK]
        answer = case.call_and_validate(checks=chosen)
        answered.add((answer.status_code, answer.headers.get("content-type", [""])[0].split(";")[0]))

    answered: set[tuple[int, str]] = set()
    one_of_many()
    if mode is GenerationMode.POSITIVE and method == "POST":
        assert {(200, "application/json"), (200, "text/event-stream")} <= answered
