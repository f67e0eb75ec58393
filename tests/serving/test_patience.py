"""Who is slow holds up nobody: bodies by the byte, bodies without end, and readers who do not read."""

import asyncio
import json
import socket
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.serving.conftest import Open
from tests.serving.house import House, body, until

from tutelage.serving.patience import Patience, SlowError, StalledError

HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"


def received(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    told = b""
    while part := connection.recv(65536):
        told += part
    return told


def run(work: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: a browser of other tests may have a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def test_a_body_by_the_byte_is_not_waited_for(opened: Open) -> None:
    house = opened(body_seconds=0.5)
    with socket.create_connection(house.address()) as connection:
        connection.settimeout(30)
        connection.sendall(HEAD + b"content-length: 1000\r\n\r\n")
        began = time.monotonic()
        for _ in range(4):
            connection.sendall(b" ")
            time.sleep(0.05)
        told = received(connection)
        assert time.monotonic() - began >= 0.5
    assert told.startswith(b"HTTP/1.1 408")
    assert b"did not come in time" in told
    until(house.idle)


def test_a_body_that_is_too_large_is_refused_before_it_is_there(opened: Open) -> None:
    house = opened(largest_body=10_000)
    answer = house.post(content=b" " * 10_001, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"
    with socket.create_connection(house.address()) as connection:
        connection.settimeout(30)
        connection.sendall(
            HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"2000\r\n" + b" " * 0x2000 + b"\r\n"
        )
        connection.sendall(b"2000\r\n" + b" " * 0x2000 + b"\r\n")
        told = received(connection)
    assert told.startswith(b"HTTP/1.1 413")
    assert house.post(json=body()).status_code == 200


def test_who_breaks_off_while_sending_is_let_go(house: House) -> None:
    with socket.create_connection(house.address()) as connection:
        connection.sendall(HEAD + b"content-length: 1000\r\n\r\n{")
    until(house.idle)


def test_an_answer_that_nobody_takes_is_given_up() -> None:
    taken: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"x", "more_body": True})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        taken.append(message)
        if len(taken) == 5:
            await asyncio.sleep(3600)

    with pytest.raises(StalledError):
        run(Patience(app, 10.0, 0.1)({"type": "http"}, receive, send))
    assert len(taken) == 5


def test_the_body_has_its_time_as_a_whole_and_an_answer_may_take_longer() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        assert (await receive())["type"] == "http.disconnect"

    def sender(parts: int) -> Any:
        left = parts

        async def receive() -> dict[str, Any]:
            nonlocal left
            left -= 1
            await asyncio.sleep(0.05 if left >= 0 else 0.5)
            if left < 0:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": b"x", "more_body": left > 0}

        return receive

    async def send(_: Any) -> None: ...

    run(Patience(app, 0.3, 1.0)({"type": "http"}, sender(2), send))
    with pytest.raises(SlowError):
        run(Patience(app, 0.3, 1.0)({"type": "http"}, sender(100), send))


def test_a_reader_that_does_not_read_frees_its_rows(opened: Open) -> None:
    """Its events fill what lies between, and then it is given up."""
    house = opened(stall_seconds=0.3)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(house.address())
        content = json.dumps(
            body(model="endless", stream=True, n=32, max_tokens=1900, logprobs=True, top_logprobs=20)
        ).encode()
        connection.sendall(HEAD + b"content-length: %d\r\n\r\n" % len(content) + content)
        until(lambda: bool(house.desk.running))
        until(house.idle)
    assert house.metric("tutelage_completion_tokens_total", model="endless") < 32 * 1900
