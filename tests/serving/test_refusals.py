"""What cannot be answered is refused in words, in a form by which the client raises what it should."""

import json
from typing import Any

import httpx2
import openai
import pytest
from tests.serving.house import ASK, CONTEXT, House, body


def refused(house: House, **more: Any) -> Any:
    """What the official client raises."""
    with pytest.raises(openai.APIStatusError) as caught:
        house.client().chat.completions.create(**{"model": "tiny", "messages": ASK, **more})
    return caught.value


def text_refused(house: House, **more: Any) -> Any:
    """The same of the older route."""
    with pytest.raises(openai.APIStatusError) as caught:
        house.client().completions.create(**{"model": "tiny", "prompt": "one", **more})
    return caught.value


TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}
UNSUPPORTED: list[tuple[str, Any]] = [
    ("tools", [TOOL]),
    ("tool_choice", "required"),
    ("functions", [{"name": "f"}]),
    ("function_call", {"name": "f"}),
    ("response_format", {"type": "json_object"}),
    ("logit_bias", {"1": 5}),
    ("frequency_penalty", 0.5),
    ("presence_penalty", -1),
    ("modalities", ["text", "audio"]),
    ("audio", {"format": "wav", "voice": "alloy"}),
    ("prediction", {"type": "content", "content": "x"}),
    ("reasoning_effort", "high"),
    ("verbosity", "low"),
    ("web_search_options", {}),
    ("service_tier", "flex"),
]


@pytest.mark.parametrize(("field", "value"), UNSUPPORTED)
def test_what_is_not_supported_is_named(field: str, value: Any, house: House) -> None:
    error = refused(house, **{field: value})
    assert isinstance(error, openai.BadRequestError)
    assert (error.param, error.code) == (field, "unsupported_parameter")
    assert field in error.message


@pytest.mark.parametrize(("field", "value"), [("echo", True), ("suffix", "x"), ("best_of", 3)])
def test_so_it_is_on_the_older_route(field: str, value: Any, house: House) -> None:
    error = text_refused(house, **{field: value})
    assert (error.param, error.code) == (field, "unsupported_parameter")


NEUTRAL: list[dict[str, Any]] = [
    {"frequency_penalty": 0, "presence_penalty": 0.0, "logit_bias": {}, "tools": []},
    {"response_format": {"type": "text"}, "tool_choice": "auto", "modalities": ["text"]},
    {
        "service_tier": "auto",
        "metadata": {"a": "b"},
        "store": False,
        "user": "u",
        "parallel_tool_calls": True,
    },
    {"reasoning_effort": None, "stop": None, "seed": None, "max_tokens": None, "stream_options": None},
]


@pytest.mark.parametrize("fields", NEUTRAL)
def test_what_asks_for_nothing_is_taken(fields: dict[str, Any], house: House) -> None:
    assert house.client().chat.completions.create(model="tiny", messages=ASK, **fields).choices
    plain = {"best_of": 1, "echo": False, "suffix": "", "logprobs": None}
    assert house.client().completions.create(model="tiny", prompt="one", max_tokens=2, **plain).choices


WRONG: list[tuple[dict[str, Any], str | None]] = [
    ({"temperature": 2.5}, "temperature"),
    ({"temperature": -0.1}, "temperature"),
    ({"temperature": "1"}, "temperature"),
    ({"top_p": 0}, "top_p"),
    ({"top_p": 1.01}, "top_p"),
    ({"n": 0}, "n"),
    ({"n": 129}, "n"),
    ({"n": True}, "n"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens"),
    ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
    ({"stop": [""]}, "stop"),
    ({"stop": "x" * 201}, "stop"),
    ({"top_logprobs": 21, "logprobs": True}, "top_logprobs"),
    ({"top_logprobs": 2}, "top_logprobs"),
    ({"seed": 2**63}, "seed"),
    ({"seed": 1.5}, "seed"),
    ({"messages": []}, "messages"),
    ({"messages": [{"role": "assistant", "content": "yes"}]}, "messages"),
    ({"messages": [{"role": "tool", "content": "yes", "tool_call_id": "1"}]}, "messages[0]"),
    ({"messages": [{"role": "user"}]}, "messages[0]"),
    (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
        "messages[0]",
    ),
    ({"messages": "hello"}, "messages"),
    ({"max_tokens": CONTEXT}, None),
    ({"extra_body": {"temprature": 1}}, "temprature"),
    ({"extra_body": {"stream_options": {"x": 1}}}, "stream_options"),
]


@pytest.mark.parametrize(("fields", "param"), WRONG)
def test_what_makes_no_sense_is_named(fields: dict[str, Any], param: str | None, house: House) -> None:
    error = refused(house, **fields)
    assert isinstance(error, openai.BadRequestError)
    assert error.param == param
    assert error.type == "invalid_request_error"


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": ""},
        {"prompt": []},
        {"prompt": [[]]},
        {"prompt": [1, "a"]},
        {"prompt": [["a"]]},
        {"prompt": [-1]},
        {"prompt": [10**6]},
        {"prompt": ["one", ""]},
        {"prompt": [1] * CONTEXT},
        {"prompt": ["one"] * 129},
        {"prompt": ["one"] * 65, "n": 2},
        {"logprobs": 6},
    ],
)
def test_so_are_texts_that_cannot_be_gone_on_with(fields: dict[str, Any], house: House) -> None:
    assert isinstance(text_refused(house, **fields), openai.BadRequestError)


def test_a_prompt_that_fills_the_context_is_told_its_length(house: House) -> None:
    error = refused(house, messages=[{"role": "user", "content": "one two " * CONTEXT}])
    assert error.code == "context_length_exceeded"
    assert str(CONTEXT) in error.message


def test_a_model_that_is_not_served(house: House) -> None:
    error = refused(house, model="tinny")
    assert isinstance(error, openai.NotFoundError)
    assert (error.param, error.code) == ("model", "model_not_found")
    assert "'tiny'" in error.message
    with pytest.raises(openai.NotFoundError):
        house.client().models.retrieve("an/other")


BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"\xff\xfe",
    b'{"model": "tiny", "model": 3}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"model": "tiny", "messages": [{"role": "user", "content": "\\ud800"}]}',
    b'{"model": "tiny", "messages": [{"role": "user", "content": "x"}], "temperature": NaN}',
    b'{"model": "tiny", "messages": [{"role": "user", "content": "x"}], "seed": ' + b"9" * 5000 + b"}",
]


@pytest.mark.parametrize("content", BODIES, ids=range(len(BODIES)))
def test_what_is_no_request_is_refused(content: bytes, house: House) -> None:
    for path in ("/v1/chat/completions", "/v1/completions"):
        answer = house.post(path, content=content, headers={"content-type": "application/json"})
        assert answer.status_code == 400
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_nothing_of_the_body_is_in_a_complaint_about_its_form(house: House) -> None:
    answer = house.post(json=body(temperature="a secret"))
    assert answer.status_code == 400
    assert "secret" not in answer.text


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_form_of_another_site_is_not_taken_for_json(kind: str, house: House) -> None:
    """A browser asks a server before it sends JSON from elsewhere; these it sends unasked."""
    answer = house.post(content=json.dumps(body()), headers={"content-type": kind})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["error"]["message"]


def test_what_is_not_there_is_told_in_the_same_form(house: House) -> None:
    for method, path, status in [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/chat/completions", 405),
        ("DELETE", "/v1/models/tiny", 405),
        ("POST", "/health", 405),
        ("GET", "/v1/models/%00", 404),
    ]:
        answer = httpx2.request(method, house.url + path)
        assert answer.status_code == status, path
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}, path


def test_answers_carry_what_protects_a_browser(house: House) -> None:
    for answer in (house.get("/health"), house.post(json={}), house.post(json=body(stream=True))):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
