"""Scores from outside: a function in a file or a module, an address; what is wrong with them is told in one line."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

from tutelage.http import Patience
from tutelage.rollout.endpoint_scorer import EndpointScorer
from tutelage.rollout.function_scorer import FunctionScorer, source_of_function
from tutelage.rollout.outside_scores import as_scores
from tutelage.schema import InputError, RunError

PROMPTS = ["Say it.", "Say more.", "Say nothing."]
COMPLETIONS = ["It.", "More and more.", ""]
WHERE = "ppo.rewards.0.function"


def written(folder: Path, code: str) -> str:
    path = folder / "rewards.py"
    path.write_text(code)
    return str(path)


def test_a_function_in_a_file_scores_prompts_and_completions(tmp_path: Path) -> None:
    code = """
from dataclasses import dataclass

@dataclass
class Length:
    characters: "int"

def brevity(prompts, completions):
    assert isinstance(prompts, list) and isinstance(completions, list)
    return [Length(len(p)).characters - len(c) for p, c in zip(prompts, completions)]
"""
    scores = FunctionScorer(f"{written(tmp_path, code)}:brevity", WHERE)(PROMPTS, COMPLETIONS)
    assert scores.dtype == torch.float32
    assert scores.tolist() == [7 - 3, 9 - 14, 12 - 0]


def test_a_function_in_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_rewards.py").write_text("def one(prompts, completions):\n    return [1] * len(prompts)\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert FunctionScorer("my_rewards:one", WHERE)(PROMPTS, COMPLETIONS).tolist() == [1, 1, 1]
    assert source_of_function("my_rewards:one") == source_of_function(f"{tmp_path}/my_rewards.py:one")


def test_the_source_of_a_function_is_its_files_content(tmp_path: Path) -> None:
    name = f"{written(tmp_path, 'a = 1')}:a"
    first = source_of_function(name)
    written(tmp_path, "a = 2")
    assert first is not None
    assert source_of_function(name) not in (first, None)
    assert source_of_function(f"{tmp_path}/none.py:a") is None
    assert source_of_function("no.such.module:a") is None


@pytest.mark.parametrize(
    ("code", "name", "told"),
    [
        ("def brevity(p, c): ...", "brevty", r"has no function 'brevty'; did you mean 'brevity'\?"),
        ("number = 3", "number", "has no function 'number'"),
        ("import no_such_thing", "f", r"cannot be run: ModuleNotFoundError: .*\(rewards\.py:1\)"),
        ("raise SystemExit", "f", r"cannot be run: SystemExit \(rewards\.py:1\)"),
        ("def f(:", "f", r"cannot be run: SyntaxError: .*\(rewards\.py, line 1\)"),
    ],
)
def test_what_is_no_function_is_told_when_it_is_opened(
    tmp_path: Path, code: str, name: str, told: str
) -> None:
    with pytest.raises(InputError, match=told) as raised:
        FunctionScorer(f"{written(tmp_path, code)}:{name}", WHERE)
    assert str(raised.value).startswith(f"{WHERE}: ")
    assert "\n" not in str(raised.value)


def test_a_missing_file_or_module_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such file .*none\.py"):
        FunctionScorer(f"{tmp_path}/none.py:f", WHERE)
    with pytest.raises(InputError, match=r"there is no module 'no_such\.module'"):
        FunctionScorer("no_such.module:f", WHERE)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return 1 / 0", r"raised ZeroDivisionError: division by zero \(rewards\.py:2\)"),
        ("raise KeyError", r"raised KeyError \(rewards\.py:2\)"),
        ("return [1.0]", "gave 1 scores for 3 completions"),
        ("return [1, float('nan'), 2]", "gave nan as a score, which is no finite number"),
        ("return [1, None, 2]", "gave None as a score"),
        ("return ['1', '2', '3']", "gave '1' as a score"),
        ("return None", "gave None, and not a list of 3 scores"),
        ("return 'abc'", "gave 'abc', and not a list of 3 scores"),
        ("return {0: 1, 1: 1, 2: 1}", "gave {0: 1, 1: 1, 2: 1}, and not a list"),
        ("return [10**400] * 3", "gave 1000.* as a score, which is no finite number"),
        ("return iter(int, 1)", "gave more than 3 scores for 3 completions"),
        ("yield 1 / 0", r"raised ZeroDivisionError: division by zero \(rewards\.py:2\)"),
        ("raise SystemExit(0)", r"raised SystemExit: 0 \(rewards\.py:2\)"),
        ("prompts.clear(); return []", "gave 0 scores for 3 completions"),
    ],
)
def test_what_a_function_does_wrong_is_one_line_that_names_it(tmp_path: Path, body: str, told: str) -> None:
    name = f"{written(tmp_path, f'def f(prompts, completions):{chr(10)}    {body}')}:f"
    with pytest.raises(RunError, match=told) as raised:
        FunctionScorer(name, WHERE)(PROMPTS, COMPLETIONS)
    assert str(raised.value).startswith(name)
    assert "\n" not in str(raised.value)


def test_numbers_of_numpy_and_torch_are_scores() -> None:
    for given in (numpy.array([1, 2.5]), torch.tensor([1, 2.5]), (each for each in (1, 2.5)), (True, 2.5)):
        assert as_scores(given, 2, "it") == [1.0, 2.5]
    with pytest.raises(RunError, match="as a score"):
        as_scores(torch.zeros(2, 2), 2, "it")


@dataclass
class Answers:
    """A server that answers as it is told, each request in turn and then as the last time."""

    replies: list[tuple[int, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, body: dict[str, Any]) -> tuple[int, Any]:
        self.asked.append(body)
        if self.replies:
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return 200, {"scores": [len(text) for text in body["completions"]]}


@pytest.fixture
def server() -> Iterator[Answers]:
    answers = Answers()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answers.headers.append(dict(self.headers))
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, reply = answers.answer(body)
            written = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answers.url = f"http://127.0.0.1:{http.server_port}/score"
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield answers
    http.shutdown()
    thread.join()
    http.server_close()


Asking = Callable[..., EndpointScorer]


@pytest.fixture
def scorer(server: Answers) -> Asking:
    def open_one(**options: Any) -> EndpointScorer:
        settings = {"patience": Patience(timeout=5, tries=3), "wait": lambda _: None} | options
        return EndpointScorer(f"{server.url}?token=secret", "ppo.rewards.0.endpoint", **settings)

    return open_one


def test_an_endpoint_is_asked_in_batches(server: Answers, scorer: Asking) -> None:
    assert scorer(batch_size=2)(PROMPTS, COMPLETIONS).tolist() == [3, 14, 0]
    assert server.asked == [
        {"prompts": PROMPTS[:2], "completions": COMPLETIONS[:2]},
        {"prompts": PROMPTS[2:], "completions": COMPLETIONS[2:]},
    ]


def test_a_key_goes_along(server: Answers, scorer: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REWARD_KEY", "k3y")
    scorer(api_key_variable="REWARD_KEY")(PROMPTS, COMPLETIONS)
    assert server.headers[0]["Authorization"] == "Bearer k3y"
    monkeypatch.delenv("REWARD_KEY")
    with pytest.raises(InputError, match="REWARD_KEY is not set"):
        scorer(api_key_variable="REWARD_KEY")


def test_what_passes_is_asked_again(server: Answers, scorer: Asking) -> None:
    waited: list[float] = []
    server.replies = [(503, {}), (429, {}), (200, {"scores": [1, 2, 3]})]
    assert scorer(wait=waited.append)(PROMPTS, COMPLETIONS).tolist() == [1, 2, 3]
    assert len(server.asked) == 3
    assert len(waited) == 2


@pytest.mark.parametrize(
    ("reply", "told", "asked"),
    [
        ((500, {}), r"answered 500, after 3 tries; the last checkpoint is kept", 3),
        ((200, {"scores": [1, 2]}), r"gave 2 scores for 3 completions", 1),
        ((200, b'{"scores": [1, NaN, 2]}'), r"gave nan as a score", 1),
        ((200, {"rewards": [1, 2, 3]}), r'answered without {"scores"', 1),
        ((200, b"<html>"), r"answered 200 with what is not JSON, after 3 tries", 3),
        ((200, [1, 2, 3]), r'answered without {"scores"', 1),
    ],
)
def test_an_endpoint_that_fails_ends_the_run_in_one_line(
    server: Answers, scorer: Asking, reply: tuple[int, Any], told: str, asked: int
) -> None:
    server.replies = [reply]
    with pytest.raises(RunError, match=told) as raised:
        scorer()(PROMPTS, COMPLETIONS)
    assert str(raised.value).startswith(server.url + " ")
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(server.asked) == asked


def test_a_refusal_is_the_users_to_mend(server: Answers, scorer: Asking) -> None:
    server.replies = [(404, b"no\nsuch path")]
    with pytest.raises(
        InputError, match=r"^ppo\.rewards\.0\.endpoint: http.*/score answered 404: no such path"
    ):
        scorer()(PROMPTS, COMPLETIONS)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", f"http://{'a' * 300}.com/"], ids=["port", "name"])
def test_an_endpoint_that_is_not_there_is_told(address: str) -> None:
    scorer = EndpointScorer(address, "here", patience=Patience(timeout=1, tries=2), wait=lambda _: None)
    with pytest.raises(RunError, match=rf"^{re.escape(address)} does not answer .* after 2 tries"):
        scorer(PROMPTS, COMPLETIONS)
