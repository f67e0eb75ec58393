"""What stands for vLLM where it cannot be installed: a package and a server of its recorded interface.

Both refuse what the interface (vllm_contract.json, recorded from vLLM 0.33.0 by record_vllm.py) does not have, and
behave as its documentation says of sleeping, of new weights and of what is cached. They sample with our own sampler.
"""

import inspect
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import torch
from safetensors import safe_open
from tests.rollout.record_vllm import CONTRACT
from transformers import PreTrainedModel

from tutelage.models import load_policy
from tutelage.rollout import Generation, generate

RECORDED: dict[str, Any] = json.loads(CONTRACT.read_text())
WEIGHTS, CACHE = "weights", "kv_cache"


def signature(name: str) -> inspect.Signature:
    """Of a recorded function; defaults are not recorded, only that there are some."""
    return inspect.Signature(
        [
            inspect.Parameter(each, inspect._ParameterKind[kind], default=None if default else inspect._empty)
            for each, kind, default in RECORDED["functions"][name]
        ]
    )


def bound(name: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """The arguments of a call by name. Raises TypeError where the function does not take them."""
    return signature(name).bind(*args, **kwargs).arguments


def known(record: str, names: Sequence[str]) -> None:
    """Raises TypeError where the record lacks a field of such a name."""
    strange = set(names) - set(RECORDED["records"][record])
    if strange:
        raise TypeError(f"{record} has no {sorted(strange)}")


def names_in(folder: str | Path) -> set[str]:
    """Of the weights in a model's folder."""
    with safe_open(Path(folder) / "model.safetensors", "pt") as file:
        return set(file.keys())


class SamplingParams:
    def __init__(self, **fields: Any) -> None:
        known("SamplingParams", list(fields))
        vars(self).update(fields)


@dataclass(frozen=True)
class Logprob:
    logprob: float


@dataclass(frozen=True)
class CompletionOutput:
    token_ids: list[int]
    logprobs: list[dict[int, Logprob]]
    finish_reason: str


@dataclass(frozen=True)
class RequestOutput:
    outputs: list[CompletionOutput]


def drawn(model: PreTrainedModel, prompts: list[list[int]], asked: Sequence[dict[str, Any]]) -> Generation:
    """By our own sampler. What is asked for is the whole distribution, or else it is refused."""
    [alike] = {json.dumps({**each, "seed": 0}, sort_keys=True) for each in asked}
    wanted = json.loads(alike)
    neutral = {"top_p": 1.0, "top_k": 0, "min_p": 0.0, "ignore_eos": True, "logprobs": 0}
    neutral |= {"presence_penalty": 0.0, "frequency_penalty": 0.0, "repetition_penalty": 1.0}
    assert {name: wanted[name] for name in neutral} == neutral
    return generate(
        model,
        prompts,
        seeds=[each["seed"] for each in asked],
        max_new_tokens=wanted["max_tokens"],
        stop_ids=frozenset(wanted["stop_token_ids"]),
        temperature=wanted["temperature"],
    )


class LLM:
    """One engine."""

    made: ClassVar[list[Any]] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = bound("LLM.__init__", self, *args, **kwargs)
        known("EngineArgs", list(given.get("kwargs", {})))
        given |= given.pop("kwargs", {})
        assert given["logprobs_mode"] in RECORDED["choices"]["LogprobsMode"]
        assert given["distributed_executor_backend"] in RECORDED["choices"]["DistributedExecutorBackend"]
        assert not torch.is_autocast_enabled("cpu")
        self.given = given
        self.model = load_policy(given["model"])
        self.awake = {WEIGHTS, CACHE}
        self.slept: list[int] = []
        self.made.append(self)

    def sleep(self, *args: Any, **kwargs: Any) -> None:
        level = bound("LLM.sleep", self, *args, **kwargs).get("level", 1)
        assert self.given["enable_sleep_mode"]
        self.slept.append(level)
        self.awake.clear()
        if level == 2:
            for weight in self.model.parameters():
                weight.data.fill_(torch.nan)

    def wake_up(self, *args: Any, **kwargs: Any) -> bool:
        tags = bound("LLM.wake_up", self, *args, **kwargs).get("tags") or [WEIGHTS, CACHE]
        assert set(tags) <= {WEIGHTS, CACHE, "scheduling"}
        self.awake |= set(tags)
        return self.awake >= {WEIGHTS, CACHE}

    def collective_rpc(self, *args: Any, **kwargs: Any) -> list[None]:
        call = bound("LLM.collective_rpc", self, *args, **kwargs)
        assert call["method"] == "reload_weights"
        assert WEIGHTS in self.awake
        bound("Worker.reload_weights", self, *call.get("args", ()), **call["kwargs"])
        reloaded = bound("GPUModelRunner.reload_weights", self, *call.get("args", ()), **call["kwargs"])
        weights = dict(reloaded["weights_iterator"])
        assert set(weights) == names_in(self.given["model"])
        self.model.load_state_dict(weights, strict=False)
        return [None]

    def generate(self, *args: Any, **kwargs: Any) -> list[RequestOutput]:
        call = bound("LLM.generate", self, *args, **kwargs)
        assert self.awake >= {WEIGHTS, CACHE}
        assert not torch.is_autocast_enabled("cpu")
        for prompt in call["prompts"]:
            known("TokensPrompt", list(prompt))
        asked = [dict(vars(each)) for each in call["sampling_params"]]
        assert not any(each.pop("detokenize") for each in asked), "there is no tokenizer"
        prompts = [prompt["prompt_token_ids"] for prompt in call["prompts"]]
        if not prompts:
            return []
        longest = max(map(len, prompts)) + asked[0]["max_tokens"]
        assert longest <= self.given["max_model_len"]
        generation = drawn(self.model, prompts, asked)
        return [
            RequestOutput(
                [
                    CompletionOutput(
                        tokens,
                        [{token: Logprob(told)} for token, told in zip(tokens, logprobs, strict=True)],
                        reason,
                    )
                ]
            )
            for tokens, logprobs, reason in zip(
                generation.completions, generation.logprobs, generation.finish_reasons, strict=True
            )
        ]


def package() -> ModuleType:
    """A new package `vllm`."""
    module = ModuleType("vllm")
    module.__spec__ = ModuleSpec("vllm", None)
    module.LLM = type("LLM", (LLM,), {"made": []})  # type: ignore[attr-defined]
    module.SamplingParams = SamplingParams  # type: ignore[attr-defined]
    return module


class VLLMServer:
    """`vllm serve` on a free port, from `with` to its end.

    As the real one, it goes on answering from what it has cached of earlier weights until it is told to forget that.
    """

    def __init__(
        self, folder: str | Path, *, max_model_len: int = 64, logprobs_mode: str = "processed_logprobs"
    ) -> None:
        self.loaded = self.cached = load_policy(folder)
        self.settings = {"max_model_len": max_model_len, "logprobs_mode": logprobs_mode}
        known("ModelConfig", list(self.settings))
        known("VllmConfig", ["model_config"])
        self.asked: list[str] = []
        self.read: list[str] = []
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> "VLLMServer":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def answer(self, route: str, query: dict[str, str], body: dict[str, Any]) -> Any:
        """What the address gives."""
        recorded = RECORDED["routes"][route]
        assert set(query) <= set(recorded["query"])
        if recorded["body"]:
            assert set(body) <= set(recorded["body"])
        match route:
            case "GET /server_info":
                return {"vllm_config": {"model_config": self.settings}}
            case "POST /collective_rpc":
                assert body["method"] == "reload_weights"
                bound("GPUModelRunner.reload_weights", self, **body["kwargs"])
                self.read.append(body["kwargs"]["weights_path"])
                self.loaded = load_policy(body["kwargs"]["weights_path"])
                return {"results": [None]}
            case "POST /reset_prefix_cache":
                self.cached = self.loaded
                return {"success": True}
            case "POST /v1/completions":
                return self.complete(**body)

    def complete(self, prompt: list[int], return_token_ids: bool, **asked: Any) -> dict[str, Any]:
        """A completion of a prompt."""
        known("CompletionRequest", ["prompt", "return_token_ids", *asked])
        assert return_token_ids
        with self.lock:
            generation = drawn(self.cached, [prompt], [asked])
        choice = {
            "token_ids": generation.completions[0],
            "logprobs": {"token_logprobs": generation.logprobs[0]},
            "finish_reason": generation.finish_reasons[0],
        }
        known("CompletionResponse", ["choices"])
        known("CompletionResponseChoice", list(choice))
        known("CompletionLogProbs", ["token_logprobs"])
        return {"choices": [choice]}

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """Of its requests."""
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.respond({})

            def do_POST(self) -> None:
                self.respond(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def respond(self, body: dict[str, Any]) -> None:
                parts = urlsplit(self.path)
                route = f"{self.command} {parts.path}"
                server.asked.append(route)
                status, told = 404, {}
                if route in RECORDED["routes"]:
                    try:
                        status, told = 200, server.answer(route, dict(parse_qsl(parts.query)), body)
                    except (AssertionError, TypeError) as error:  # what was asked is not in the contract
                        status, told = 400, {"error": str(error)}
                sent = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
