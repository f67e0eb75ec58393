"""An OpenAI-compatible endpoint on a free port, that answers as it is told to."""

import asyncio
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

FENCED = re.compile(
    r"\[(\w{16}) (request|answer|answer A|answer B) begins\]\n(.*?)\n\[\1 \2 ends\]", re.DOTALL
)


@dataclass(frozen=True)
class Asked:
    """A request as it came in; `time` is asked before this one, counted from 0."""

    body: dict[str, Any]
    headers: dict[str, str]
    time: int

    @property
    def texts(self) -> dict[str, str]:
        """What is to be judged, by its name."""
        return {name: text for _, name, text in FENCED.findall(self.body["messages"][-1]["content"])}


Answering = Callable[[Asked], str | Response]


def longer_is_better(asked: Asked) -> str:
    """A judge with a taste: the longer answer wins, and a mark for each character."""
    texts = asked.texts
    if "answer" in texts:
        return f"It is long enough.\n\nMARK: {min(7, len(texts['answer']))}"
    a, b = len(texts["answer A"]), len(texts["answer B"])
    return f"I counted.\nVERDICT: {'TIE' if a == b else 'A' if a > b else 'B'}\n"


def completion(text: str) -> dict[str, Any]:
    """A chat completion with this text, and a usage of 100 and 10 tokens."""
    return {
        "choices": [{"message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10},
    }


@dataclass
class Endpoint:
    """A server from `with` to its end; `answering` may be changed at any time.

    bodies: how often each request was made. most: the greatest number that were under way together.
    """

    answering: Answering = longer_is_better
    seconds: float = 0.0
    bodies: Counter[bytes] = field(default_factory=Counter)
    asked: list[Asked] = field(default_factory=list)
    most: int = 0

    def __post_init__(self) -> None:
        app = FastAPI()
        app.post("/v1/chat/completions")(self._complete)
        self._under_way = 0
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    @property
    def requests(self) -> int:
        return sum(self.bodies.values())

    async def _complete(self, request: Request) -> Response:
        content = await request.body()
        asked = Asked(await request.json(), dict(request.headers), self.bodies[content])
        self.bodies[content] += 1
        self.asked.append(asked)
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        await asyncio.sleep(self.seconds)
        self._under_way -= 1
        told = self.answering(asked)
        return JSONResponse(completion(told)) if isinstance(told, str) else told

    def wait_for(self, requests: int) -> None:
        """Wait until so many requests have been made."""
        end = time.monotonic() + 60
        while self.requests < requests:
            assert time.monotonic() < end, "nobody asks"
            time.sleep(0.005)

    def __enter__(self) -> "Endpoint":
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
