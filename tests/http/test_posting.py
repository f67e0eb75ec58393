"""Requests in JSON: what passes is asked again, and no message shows a secret."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from tutelage.http import Patience, post_json
from tutelage.schema import InputError, RunError


def ask(answer: Callable[[httpx2.Request], httpx2.Response]) -> Any:
    with httpx2.Client(transport=httpx2.MockTransport(answer)) as http:
        return post_json(
            http,
            httpx2.URL("http://host/path?token=t0ken"),
            {"asked": [1]},
            Patience(tries=3),
            where="some.field",
            remedy="wait",
            key="k3y",
            wait=lambda _: None,
        )


def test_what_passes_is_asked_again() -> None:
    asked: list[bytes] = []
    replies: Iterator[httpx2.Response] = iter(
        [httpx2.Response(503), httpx2.Response(200, text="<html>"), httpx2.Response(200, json={"told": 2})]
    )

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.content)
        return next(replies)

    assert ask(answer) == {"told": 2}
    assert asked == [b'{"asked": [1]}'] * 3


@pytest.mark.parametrize(
    ("reply", "error", "told"),
    [
        (
            httpx2.Response(404, text="nobody has k3y"),
            InputError,
            "some.field: http://host/path answered 404",
        ),
        (httpx2.Response(500, text="k3y"), RunError, "http://host/path answered 500, after 3 tries"),
        (httpx2.Response(200, text="k3y"), RunError, "http://host/path answered 200 with what is not JSON"),
    ],
)
def test_no_message_shows_a_secret(reply: httpx2.Response, error: type[Exception], told: str) -> None:
    with pytest.raises(error) as raised:
        ask(lambda _: reply)
    assert str(raised.value).startswith(told)
    assert "k3y" not in str(raised.value)
    assert "t0ken" not in str(raised.value)
