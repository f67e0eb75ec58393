"""/openapi.json says what the server does: requests are made of it, and answers are held to it."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import BaseSchema, Case, GenerationMode, Response
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


POSTED = [route for method, route in ROUTES if method == "POST"]
RIGHT = [(*route, GenerationMode.POSITIVE) for route in ROUTES]
WRONG = [("POST", route, GenerationMode.NEGATIVE) for route in POSTED]


def generated(examples: int) -> settings:
    """The same examples at every run."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def checked(case: Case) -> Response:
    """The answer, held to the description."""
    return case.call_and_validate(checks=[CHECKS_BY_NAME[name] for name in CHECKS])


@pytest.mark.parametrize(("method", "path", "mode"), [*RIGHT, *WRONG])
def test_answers_are_as_described(
    method: str, path: str, mode: GenerationMode, description: BaseSchema
) -> None:
    @generated(examples=30 if method == "POST" else 8)
    @given(case=description[path][method].as_strategy(mode))
    def one_of_many(case: Case) -> None:
        checked(case)

    one_of_many()


@pytest.mark.parametrize(("stream", "kind"), [(False, "application/json"), (True, "text/event-stream")])
@pytest.mark.parametrize("path", POSTED)
def test_completions_are_as_described(path: str, stream: bool, kind: str, description: BaseSchema) -> None:
    """What is generated asks for a model that is not there, or for more than it can see: these are answered."""

    @generated(examples=15)
    @given(case=description[path]["POST"].as_strategy(GenerationMode.POSITIVE))
    def one_of_many(case: Case) -> None:
        assert isinstance(case.body, dict)
        case.body |= {"model": "tiny", "stream": stream, "n": 2}
        for field in ("max_tokens", "max_completion_tokens", "top_logprobs"):
            case.body.pop(field, None)
        case.body |= {"messages": ASK} if "messages" in case.body else {"prompt": "Say hello."}
        answer = checked(case)
        told = answer.status_code, answer.headers["content-type"][0].split(";")[0]
        assert told == (200, kind), answer.text

    one_of_many()
