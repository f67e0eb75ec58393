"""Requests through a real server's moods: what passes is waited for, what does not is told at once and in one line."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from tests.labelers.judge.endpoint import Asked, Endpoint, completion

from tutelage.labelers.judge import Patience, Usage
from tutelage.labelers.judge.client import Client
from tutelage.schema import InputError, RunError

BODY = b'{"model": "solomon", "messages": []}'
QUICK = Patience(timeout=10.0, tries=4, first_wait=0.002, longest_wait=5.0)
KEY = "sk-Very-Secret-0123456789"


@pytest.fixture
def client(endpoint: Endpoint) -> Iterator[Client]:
    client = Client(endpoint.url, patience=QUICK)
    yield client
    client.close()


def ask(client: Client) -> tuple[str, Usage | None]:
    return client.complete(BODY, threading.Event())


def first(times: int, failing: Callable[[], Response]) -> Callable[[Asked], str | Response]:
    """An endpoint that fails so often and then answers."""
    return lambda asked: failing() if asked.time < times else "well"


def test_a_reply_and_its_usage(endpoint: Endpoint, client: Client) -> None:
    endpoint.answering = lambda asked: "well"
    assert ask(client) == ("well", Usage(100, 10))
    assert endpoint.asked[0].headers["content-type"] == "application/json"
    assert "authorization" not in endpoint.asked[0].headers


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_what_passes_is_tried_again(endpoint: Endpoint, client: Client, status: int) -> None:
    endpoint.answering = first(3, lambda: Response(status_code=status))
    assert ask(client)[0] == "well"
    assert endpoint.requests == 4


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_does_not_pass_ends_in_one_line(endpoint: Endpoint, client: Client, status: int) -> None:
    endpoint.answering = first(9, lambda: Response(status_code=status))
    with pytest.raises(RunError) as failed:
        ask(client)
    assert str(failed.value) == (
        f"{endpoint.url}/chat/completions answered {status}, after 4 tries; "
        "what was answered is kept, so the same command goes on from there"
    )
    assert endpoint.requests == 4


@pytest.mark.parametrize(
    "content",
    [
        b"<html>busy</html>",
        b"",
        b"\xff",
        b"[" * 100_000,
        b"[]",
        b'"well"',
        b"null",
        b'{"choices": []}',
        b'{"choices": null}',
        b'{"choices": [{"message": null}]}',
        b'{"choices": [{"message": {}}]}',
        b'{"choices": [{"message": {"content": 7}}]}',
        b'{"choices": [{"text": "well"}]}',
        b'{"error": "overloaded"}',
    ],
)
def test_a_reply_that_is_none_is_tried_again(endpoint: Endpoint, client: Client, content: bytes) -> None:
    endpoint.answering = first(1, lambda: Response(content))
    assert ask(client)[0] == "well"
    assert endpoint.requests == 2
    endpoint.answering = first(99, lambda: Response(content))
    with pytest.raises(
        RunError, match=r"answered 200 with (what is not JSON|JSON that lacks choices\[0\].message.content), "
    ):
        ask(client)
    assert endpoint.requests == 2 + 4


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": None, "refusal": "I will not."}, "I will not."),
        ({"content": None}, ""),
        ({"content": ""}, ""),
        ({"content": "half \ud83d"}, "half ?"),
    ],
)
def test_odd_replies_are_replies(
    endpoint: Endpoint, client: Client, message: dict[str, str | None], text: str
) -> None:
    escaped = str(message).replace("None", "null").replace("'", '"')
    endpoint.answering = lambda asked: Response(f'{{"choices": [{{"message": {escaped}}}]}}')
    assert ask(client) == (text, None)
    assert endpoint.requests == 1


@pytest.mark.parametrize("usage", [None, 7, {}, {"prompt_tokens": "3", "completion_tokens": 1}])
def test_a_usage_that_is_none(endpoint: Endpoint, client: Client, usage: object) -> None:
    endpoint.answering = lambda asked: JSONResponse({**completion("well"), "usage": usage})
    assert ask(client) == ("well", None)


def test_a_reply_that_takes_too_long(endpoint: Endpoint) -> None:
    endpoint.seconds = 0.5
    client = Client(endpoint.url, patience=Patience(timeout=0.1, tries=2, first_wait=0.001))
    with pytest.raises(RunError, match=r"chat/completions does not answer \(ReadTimeout.*after 2 tries"):
        ask(client)
    endpoint.wait_for(2)
    client.close()


def test_nobody_is_there() -> None:
    client = Client("http://127.0.0.1:9/v1", patience=Patience(tries=3, first_wait=0.001))
    with pytest.raises(RunError, match=r"^http://127\.0\.0\.1:9/v1/chat/completions does not answer \(Conn"):
        ask(client)
    client.close()


def in_a_second() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)  # dates have whole seconds


@pytest.mark.parametrize("told", [lambda: "1", in_a_second])
def test_it_waits_as_long_as_it_is_asked_to(
    endpoint: Endpoint, client: Client, told: Callable[[], str]
) -> None:
    endpoint.answering = first(1, lambda: Response(status_code=429, headers={"Retry-After": told()}))
    begun = time.monotonic()
    assert ask(client)[0] == "well"
    assert time.monotonic() - begun > 0.9


@pytest.mark.parametrize("told", ["3600", "inf", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_but_not_without_end(endpoint: Endpoint, told: str) -> None:
    client = Client(endpoint.url, patience=Patience(tries=2, first_wait=0.001, longest_wait=0.2))
    endpoint.answering = first(1, lambda: Response(status_code=503, headers={"Retry-After": told}))
    begun = time.monotonic()
    assert ask(client)[0] == "well"
    assert 0.2 <= time.monotonic() - begun < 60
    client.close()


@pytest.mark.parametrize(
    "told", ["soon", "-5", "nan", "Fri, 31 Dec 1999 23:59:59 GMT", "31 Dec 2100 23:59:59 -0000"]
)
def test_nonsense_is_not_waited_for(endpoint: Endpoint, client: Client, told: str) -> None:
    endpoint.answering = first(1, lambda: Response(status_code=429, headers={"Retry-After": told}))
    begun = time.monotonic()
    assert ask(client)[0] == "well"
    assert time.monotonic() - begun < 4


def test_each_wait_is_twice_the_last_and_never_quite_the_same(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", waits.append)
    client = Client(endpoint.url, patience=Patience(tries=7, first_wait=1.0, longest_wait=10.0))
    endpoint.answering = first(99, lambda: Response(status_code=500))
    with pytest.raises(RunError):
        client.complete(BODY, stop)
    for number, wait in enumerate(waits[:4]):
        assert 2**number / 2 <= wait <= 2**number
    assert len(waits) == 6
    assert waits[5] == 10.0
    assert waits[0] != waits[1] / 2
    client.close()


def test_a_wait_ends_when_the_judging_does(endpoint: Endpoint) -> None:
    client = Client(endpoint.url, patience=Patience(tries=9, first_wait=600.0, longest_wait=600.0))
    endpoint.answering = first(9, lambda: Response(status_code=500))
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    begun = time.monotonic()
    with pytest.raises(CancelledError):
        client.complete(BODY, stop)
    assert time.monotonic() - begun < 60
    assert endpoint.requests == 1
    client.close()


def missing(text: str) -> Response:
    return JSONResponse({"error": {"message": text}}, 404)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda: Response(status_code=401), r"^api key: refused by \S+ with 401; give a valid one"),
        (lambda: PlainTextResponse("a\nb", 403), r"^api key: \S+ answered 403, .* solomon: a b$"),
        (lambda: missing("The model `solomon` is not here"), r"^model: \S+ answered 404: it has no solomon"),
        (lambda: missing("Not Found"), r"^endpoint: \S+ answered 404; give the address before"),
        (lambda: PlainTextResponse("Too long,\nby far", 400), r"answered 400: Too long, by far$"),
        (lambda: Response(status_code=301, headers={"Location": "/"}), r"^endpoint: \S+ answered 301"),
    ],
)
def test_what_the_user_has_to_mend_is_told_at_once(
    endpoint: Endpoint, client: Client, answer: Callable[[], Response], message: str
) -> None:
    endpoint.answering = lambda asked: answer()
    with pytest.raises(InputError, match=message):
        ask(client)
    assert endpoint.requests == 1


@pytest.mark.parametrize("added", ["", "/", "/chat/completions", "/chat/completions/"])
def test_addresses_are_taken_with_and_without_their_end(endpoint: Endpoint, added: str) -> None:
    endpoint.answering = lambda asked: "well"
    client = Client(endpoint.url + added)
    assert ask(client)[0] == "well"
    client.close()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("localhost:8000/v1", "is no http address"),
        ("ftp://host/v1", "is no http address"),
        ("", "is no http address"),
        ("http:///v1", "is no http address"),
        ("http://[::1", "is no address"),
        ("http://me:hush@host/v1", "has a password in it"),
    ],
)
def test_what_is_no_address(address: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^endpoint: .*{message}") as refused:
        Client(address)
    assert "hush" not in str(refused.value)


def test_the_key_goes_to_the_endpoint_and_nowhere_else(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_KEY", f"{KEY}\n")
    client = Client(f"{endpoint.url}?token=hush", "JUDGE_KEY", QUICK)
    endpoint.answering = lambda asked: "well"
    ask(client)
    assert endpoint.asked[0].headers["authorization"] == f"Bearer {KEY}"
    told = [repr(client), str(vars(client)["_http"].headers)]
    for status in (400, 401, 403, 404, 500):
        endpoint.answering = lambda asked, status=status: PlainTextResponse(
            f"no model solomon for {asked.headers['authorization']}", status
        )
        with pytest.raises((InputError, RunError)) as failed:
            ask(client)
        told.append(str(failed.value))
    assert "for Bearer [api key]" in told[2]
    assert not [text for text in told if KEY in text or "hush" in text]
    client.close()


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("JUDGE_KEY", None, "api key: JUDGE_KEY is not set"),
        ("JUDGE_KEY", "  ", "api key: JUDGE_KEY is not set"),
        ("JUDGE_KEY", f"{KEY}\nX: y", "api key: JUDGE_KEY holds characters that no key has"),
        ("JUDGE_KEY", f"{KEY}é", "api key: JUDGE_KEY holds characters that no key has"),
        (KEY, None, "api key: is no name of an environment variable"),
        (KEY.lower(), None, "api key: is no name of an environment variable"),
    ],
)
def test_a_key_that_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None, message: str
) -> None:
    monkeypatch.delenv("JUDGE_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("JUDGE_KEY", value)
    with pytest.raises(InputError, match=f"^{message}") as refused:
        Client("http://localhost/v1", variable)
    assert KEY.lower() not in str(refused.value).lower()


@pytest.mark.parametrize("values", [{"tries": 0}, {"timeout": 0.0}, {"timeout": float("nan")}])
def test_a_patience_that_asks_nothing(values: dict[str, float]) -> None:
    with pytest.raises(InputError, match="give"):
        Patience(**values)  # type: ignore[arg-type]
