"""Many at once: who waits, who is refused, and who has gone."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import openai
import pytest
from tests.serving.conftest import Open
from tests.serving.house import ASK, PATIENCE, House, body, until

from tutelage.rollout.batch import Batch
from tutelage.rollout.service import Station

ROWS, QUEUE = 2, 3
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"


def test_beyond_the_queue_requests_are_refused_and_no_stream_is_lost(
    opened: Open, gate: threading.Event
) -> None:
    house = opened(rows=ROWS, queue=QUEUE)
    ask: Any = {"model": "endless", "messages": ASK, "max_tokens": 30, "seed": 1}
    alone = house.client().chat.completions.create(**ask).choices[0].message.content
    gate.clear()
    streams = [house.client().chat.completions.create(**ask, stream=True) for _ in range(ROWS + QUEUE)]
    for _ in range(3):
        with pytest.raises(openai.RateLimitError) as caught:
            house.client().chat.completions.create(**ask)
        assert caught.value.code == "queue_full"
        assert int(caught.value.response.headers["retry-after"]) >= 1
    gate.set()
    with ThreadPoolExecutor(ROWS + QUEUE) as readers:
        texts = list(
            readers.map(
                lambda stream: "".join(chunk.choices[0].delta.content or "" for chunk in stream), streams
            )
        )
    assert texts == [alone] * (ROWS + QUEUE)
    assert house.metric("tutelage_refusals_total", code="queue_full") == 3
    assert house.client().chat.completions.create(**ask).choices


def test_who_is_refused_and_tries_again_is_answered_in_the_end(opened: Open) -> None:
    house = opened(rows=1, queue=0)

    def ask(seed: int) -> str | None:
        client = house.client(retries=60)
        return (
            client.chat.completions.create(model="tiny", messages=ASK, seed=seed, max_tokens=5)
            .choices[0]
            .finish_reason
        )

    with ThreadPoolExecutor(4) as crowd:
        assert all(crowd.map(ask, range(4)))


def test_the_queue_is_no_longer_than_it_may_be_also_by_one_request(
    opened: Open, gate: threading.Event
) -> None:
    house = opened(rows=2, queue=1)
    client = house.client()
    ask: Any = {"model": "endless", "messages": ASK, "max_tokens": 2000, "stream": True}
    stream = client.chat.completions.create(**ask)
    for chunk in stream:  # its row is drawn for
        if chunk.choices[0].delta.content:
            break
    gate.clear()
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(**ask, n=3)  # one row is free, and one completion may wait
    assert caught.value.code == "queue_full"
    client.chat.completions.create(**ask, n=2).close()
    stream.close()
    gate.set()
    until(house.idle)


def test_what_a_row_is_free_for_does_not_wait(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Completions that are being begun, of which no token was heard yet, and those of another model."""
    entering, go_on = threading.Event(), threading.Event()
    enter = Batch.enter

    def slowly(self: Batch, rows: Any) -> Any:
        entering.set()
        assert go_on.wait(PATIENCE)
        return enter(self, rows)

    monkeypatch.setattr(Batch, "enter", slowly)
    house = opened(rows=6, queue=6)
    ask: Any = {"messages": ASK, "max_tokens": 5, "stream": True}
    streams = [house.client().chat.completions.create(model="endless", n=5, **ask)]
    assert entering.wait(PATIENCE)
    streams.append(house.client().chat.completions.create(model="endless", n=5, **ask))  # 4 of them wait
    streams.append(house.client().chat.completions.create(model="tiny", n=8, **ask))  # 2 of them do
    with pytest.raises(openai.RateLimitError, match="6 completions are waiting"):
        house.client().chat.completions.create(model="endless", **ask)
    go_on.set()
    for stream in streams:
        assert list(stream)
    until(house.idle)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("begun", [True, False])
def test_who_goes_away_leaves_the_place_to_others(
    stream: bool, begun: bool, opened: Open, gate: threading.Event
) -> None:
    """Whether its row is being drawn or still waits."""
    house = opened(rows=1)
    if not begun:
        gate.clear()
    content = json.dumps(body(model="endless", max_tokens=2000, n=4, stream=stream)).encode()
    with socket.create_connection(house.address()) as connection:
        connection.sendall(HEAD + b"content-length: %d\r\n\r\n" % len(content) + content)
        until(lambda: bool(house.desk.running))
        until(lambda: house.desk.service.waiting("endless") == (3 if begun else 4))
    until(lambda: not house.desk.running)
    gate.set()
    until(house.idle)
    drawn = house.metric("tutelage_completion_tokens_total", model="endless")
    assert drawn < 4 * 2000
    if not begun:
        assert drawn == 0


def test_a_failure_of_the_model_is_told_and_the_next_request_is_answered(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = opened()
    step = Station.step

    def fail(self: Station) -> None:
        if self.busy:
            raise ValueError("a secret")
        step(self)

    with monkeypatch.context() as patch:
        patch.setattr(Station, "step", fail)
        with pytest.raises(openai.InternalServerError) as caught:
            house.client().chat.completions.create(model="tiny", messages=ASK)
        assert caught.value.code == "server_error"
        with pytest.raises(openai.APIError) as told:
            list(house.client().chat.completions.create(model="tiny", messages=ASK, stream=True))
        assert "secret" not in str(caught.value) + str(told.value)
    assert house.client().chat.completions.create(model="tiny", messages=ASK).choices
    until(house.idle)


def test_a_request_wants_no_more_completions_than_are_given(opened: Open) -> None:
    house: House = opened(rows=3, queue=1)
    with pytest.raises(openai.BadRequestError, match="at most 4"):
        house.client().chat.completions.create(model="tiny", messages=ASK, n=5)
    assert len(house.client().chat.completions.create(model="tiny", messages=ASK, n=4).choices) == 4


def test_a_stream_that_waits_says_so_and_the_client_does_not_mind(
    opened: Open, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutelage.serving.sending.HEARTBEAT", 0.02)
    house = opened()
    gate.clear()
    ask = {"json": body(stream=True, seed=1), "timeout": PATIENCE}
    with httpx2.stream("POST", f"{house.url}/v1/chat/completions", **ask) as answer:  # type: ignore[arg-type]
        told = ""
        for part in answer.iter_text():
            told += part
            if told.count(": waiting\n\n") == 3:
                gate.set()
    assert told.endswith("data: [DONE]\n\n")
    gate.clear()
    stream = house.client().chat.completions.create(model="tiny", messages=ASK, seed=1, stream=True)
    next(stream)
    threading.Timer(0.1, gate.set).start()
    assert list(stream)[-1].choices[0].finish_reason
