"""Stopping: nothing new is begun, what is under way is finished, and at the end of the grace it is told."""

import threading
from typing import Any

import httpx2
import openai
import pytest
from tests.serving.conftest import Open
from tests.serving.house import ASK, House, body, until


def begin_stream(house: House, **more: Any) -> Any:
    """A stream whose first event has come."""
    stream = house.client().chat.completions.create(
        model="endless", messages=ASK, stream=True, **{"max_tokens": 30, "seed": 1, **more}
    )
    next(stream)
    return stream


def test_streams_are_finished_and_nothing_new_is_begun(opened: Open, gate: threading.Event) -> None:
    house = opened(grace=60.0)
    whole = house.client().chat.completions.create(model="endless", messages=ASK, max_tokens=30, seed=1)
    gate.clear()
    stream = begin_stream(house)
    house.server.should_exit = True
    until(lambda: house.desk.stopping)
    answer = house.post(json=body())
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["error"]["code"] == "stopping"
    health = house.get("/health")
    assert (health.status_code, health.json()["status"]) == (503, "stopping")
    gate.set()
    assert (
        "".join(chunk.choices[0].delta.content or "" for chunk in stream) == whole.choices[0].message.content
    )


def test_at_the_end_of_the_grace_who_still_waits_is_told(opened: Open, gate: threading.Event) -> None:
    house = opened(grace=0.2)
    gate.clear()
    stream = begin_stream(house, max_tokens=2000)
    told: list[httpx2.Response] = []
    waiting = threading.Thread(target=lambda: told.append(house.post(json=body(model="endless"))))
    waiting.start()
    until(lambda: len(house.desk.running) == 2)
    house.server.should_exit = True
    with pytest.raises(openai.APIError, match="being stopped"):
        list(stream)
    waiting.join()
    assert told[0].status_code == 503
    assert told[0].headers["retry-after"]
    gate.set()
    until(house.idle)
