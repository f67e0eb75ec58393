"""The log: everything about a request but what was asked and what was answered."""

import json
import logging
from typing import Any

import openai
import pytest
from tests.serving.conftest import Open
from tests.serving.house import ASK, House, body, until

from tutelage.rollout import Service
from tutelage.rollout.batch import Batch
from tutelage.rollout.service import Station
from tutelage.serving import log

SECRET = "xylophone"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was written since the last time."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_for_each_request(opened: Open, capsys: pytest.CaptureFixture[str]) -> None:
    house = opened()
    house.store.keys.make("ann", user="user-1")
    key = house.store.keys.make("ben", user="user-2")
    client = house.client(key)
    answer = client.chat.completions.create(model="endless", messages=ASK, max_tokens=7)
    until(house.idle)
    (line,) = lines(capsys)
    assert line.pop("time").endswith("+00:00")
    assert line.pop("milliseconds") >= 0
    assert answer.usage is not None
    assert line == {
        "event": "request",
        "route": "/v1/chat/completions",
        "method": "POST",
        "status": 200,
        "model": "endless",
        "user": "user-2",
        "prompt_tokens": answer.usage.prompt_tokens,
        "completion_tokens": 7,
        "finish": "length",
    }
    for _ in client.chat.completions.create(model="endless", messages=ASK, max_tokens=7, stream=True):
        pass
    until(house.idle)
    (streamed,) = lines(capsys)
    assert (streamed["status"], streamed["completion_tokens"], streamed["finish"]) == (200, 7, "length")
    house.get("/v1/models/tiny")
    (refused,) = lines(capsys)
    assert (refused["route"], refused["status"]) == ("/v1/models/{name:path}", 401)
    assert refused["finish"] == "missing_api_key"


def try_everything(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that are answered, refused, and that make the server fail, each with the word in it."""
    ask = [{"role": "user", "content": f"name a {SECRET}"}]
    house.post(json=body(messages=ask))
    house.post(json=body(messages=ask, stream=True))
    house.post("/v1/completions", json={"model": "tiny", "prompt": SECRET, "logprobs": 2})
    for more in (
        {"n": 0},
        {"model": SECRET},
        {SECRET: 1},
        {"stop": [SECRET] * 5},
        {"user": SECRET},
        {"tools": [SECRET]},
    ):
        house.post(json=body(**{"messages": ask, **more}))
    house.post(json=body(messages=[{"role": SECRET, "content": SECRET}]))
    house.post(content=f'{{"{SECRET}'.encode(), headers={"content-type": "application/json"})
    house.get(f"/{SECRET}?{SECRET}={SECRET}")
    house.get(f"/v1/models/{SECRET}")
    house.get("/v1/models", headers={"authorization": f"Bearer {SECRET}", "user-agent": SECRET})

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError(f"it was {SECRET}")

    with monkeypatch.context() as patch:
        patch.setattr(Service, "submit", fail)
        assert house.post(json=body(messages=ask)).status_code == 500
        assert house.post(json=body(messages=ask, stream=True)).status_code == 500
    with monkeypatch.context() as patch:
        patch.setattr("tutelage.serving.routes.chat.ChatForm.events", fail)
        with pytest.raises(Exception, match=r"peer|closed|chunked|incomplete"):
            house.post(json=body(messages=ask, stream=True))
    with monkeypatch.context() as patch:
        patch.setattr(house.store.collection, "add", fail)
        assert house.post(json=body(messages=ask, user="u")).status_code == 200
        until(house.idle)  # what is kept is kept after the answer
    until(house.idle)


@pytest.mark.parametrize("collect", [False, True])
def test_no_word_of_a_prompt_or_an_answer(
    collect: bool, opened: Open, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log.take_over()
    house = opened(collect=collect)
    answer = house.post(json=body(messages=ASK, seed=1)).json()["choices"][0]["message"]["content"]
    try_everything(house, monkeypatch)
    told = capsys.readouterr()
    assert SECRET not in told.err + told.out
    assert answer not in told.err
    assert "Traceback" not in told.err
    events = [json.loads(line) for line in told.err.splitlines()]
    errors = [event for event in events if event["event"] == "error"]
    assert len(errors) == (4 if collect else 3)
    assert {error["exception"] for error in errors} == {"RuntimeError"}
    assert any("test_log.py" in place for place in errors[0]["places"])
    assert house.post(json=body()).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_why_a_model_failed_is_said_once_and_the_request_has_failed(
    stream: bool, opened: Open, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = opened()

    def fail(self: Station) -> None:
        if self.busy:
            raise ValueError(f"it was {SECRET}")

    monkeypatch.setattr(Station, "step", fail)
    house.post(json=body(n=3, stream=stream))
    until(house.idle)
    told = capsys.readouterr().err
    assert SECRET not in told
    error, request = (json.loads(line) for line in told.splitlines())
    assert (error["event"], error["exception"]) == ("error", "ValueError")
    assert any("test_log.py" in place and place.endswith(" fail") for place in error["places"])
    assert (request["status"], request["finish"]) == (200 if stream else 500, "failed")


def test_a_service_that_has_failed_says_so_to_whoever_asks(
    opened: Open, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = opened()
    assert (house.get("/health").status_code, house.get("/health").json()["status"]) == (200, "ok")

    def fail(*_: Any) -> Any:
        raise ValueError(f"it was {SECRET}")

    with monkeypatch.context() as patch:
        patch.setattr(Batch, "enter", fail)
        patch.setattr(Batch, "__init__", fail)
        assert house.post(json=body()).status_code == 500
        until(lambda: house.desk.service.failed)
    health = house.get("/health")
    assert (health.status_code, health.json()["status"]) == (503, "failed")
    capsys.readouterr()
    assert house.post(json=body()).status_code == 500
    error, request = lines(capsys)
    assert (error["exception"], error["cause"]["exception"]) == ("RuntimeError", "ValueError")
    assert request["finish"] == "failed"
    assert SECRET not in json.dumps([error, request])


def test_the_web_server_under_it_writes_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    log.take_over()
    logger = logging.getLogger("uvicorn.error")
    logger.info("not worth a line")
    logger.warning("Invalid %s\n", SECRET)
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        logger.error("Exception in ASGI application\n", exc_info=error)
    first, second = lines(capsys)
    assert (first["event"], first["level"], first["message"]) == ("server", "warning", "Invalid %s")
    assert (second["event"], second["exception"]) == ("error", "ValueError")
    assert SECRET not in json.dumps([first, second])


def test_prometheus_is_told_numbers(opened: Open) -> None:
    house = opened()
    client = house.client()
    usages = [
        client.chat.completions.create(model="endless", messages=ASK, max_tokens=9, n=2).usage
        for _ in range(2)
    ]
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model=SECRET, messages=ASK)
    until(house.idle)
    route = "/v1/chat/completions"
    assert house.metric("tutelage_requests_total", route=route, status="200", model="endless") == 2
    assert house.metric("tutelage_requests_total", route=route, status="404", model="") == 1
    assert house.metric("tutelage_refusals_total", code="model_not_found") == 1
    asked = sum(usage.prompt_tokens for usage in usages if usage is not None)
    assert house.metric("tutelage_prompt_tokens_total", model="endless") == asked
    assert house.metric("tutelage_completion_tokens_total", model="endless") == 4 * 9
    assert house.metric("tutelage_time_to_first_token_seconds_count", model="endless") == 4
    assert house.metric("tutelage_time_between_tokens_seconds_count", model="endless") == 4 * 8
    assert house.metric("tutelage_rows_live", model="endless") == 0
    text = house.get("/metrics").text
    assert 'tutelage_rows_waiting{model="tiny"} 0.0' in text
    assert SECRET not in text


def test_rows_are_counted_while_they_are_drawn(opened: Open, gate: Any) -> None:
    house = opened(rows=2)
    gate.clear()
    stream = client_stream(house)
    until(lambda: house.get("/health").json()["waiting"] == 3)
    gate.set()
    assert len(list(stream)) > 3
    until(house.idle)
    assert house.get("/health").json()["waiting"] == 0


def client_stream(house: House) -> Any:
    """Three completions on their way."""
    return house.client().chat.completions.create(model="endless", messages=ASK, n=3, stream=True)
