"""Records from a wheel of vLLM, without installing it, the part of its interface that is used here.

    pip download vllm --no-deps && python -m tests.rollout.record_vllm vllm-*.whl

writes vllm_contract.json beside this file: its version, the parameters of functions, the fields of records, the
addresses of its server. Whatever of it is not found is an error: then vLLM has changed.
"""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

CONTRACT = Path(__file__).with_name("vllm_contract.json")

FUNCTIONS = {
    "LLM.__init__": "vllm/entrypoints/llm.py",
    "LLM.generate": "vllm/entrypoints/llm.py",
    "LLM.sleep": "vllm/entrypoints/llm.py",
    "LLM.wake_up": "vllm/entrypoints/llm.py",
    "LLM.collective_rpc": "vllm/entrypoints/llm.py",
    "Worker.reload_weights": "vllm/v1/worker/gpu_worker.py",
    "GPUModelRunner.reload_weights": "vllm/v1/worker/gpu_model_runner.py",
    "RequestOutput.__init__": "vllm/outputs.py",
}
RECORDS = {
    "EngineArgs": "vllm/engine/arg_utils.py",
    "SamplingParams": "vllm/sampling_params.py",
    "TokensPrompt": "vllm/inputs/llm.py",
    "CompletionOutput": "vllm/outputs.py",
    "Logprob": "vllm/logprobs.py",
    "ModelConfig": "vllm/config/model.py",
    "VllmConfig": "vllm/config/vllm.py",
    "CompletionRequest": "vllm/entrypoints/openai/completion/protocol.py",
    "CompletionResponse": "vllm/entrypoints/openai/completion/protocol.py",
    "CompletionResponseChoice": "vllm/entrypoints/openai/completion/protocol.py",
    "CompletionLogProbs": "vllm/entrypoints/openai/completion/protocol.py",
}
CHOICES = {
    "LogprobsMode": "vllm/config/model.py",
    "DistributedExecutorBackend": "vllm/config/parallel.py",
}
ROUTES = {
    "POST /collective_rpc": "vllm/entrypoints/serve/dev/rpc/api_router.py",
    "POST /reset_prefix_cache": "vllm/entrypoints/serve/dev/cache/api_router.py",
    "GET /server_info": "vllm/entrypoints/serve/dev/server_info/api_router.py",
    "POST /v1/completions": "vllm/entrypoints/openai/completion/api_router.py",
}
ENVIRONMENT = ("VLLM_ENABLE_V1_MULTIPROCESSING", "VLLM_SERVER_DEV_MODE")


def record(wheel: Path) -> dict[str, Any]:
    """All of it, as JSON."""
    with ZipFile(wheel) as files:
        trees = {
            path: ast.parse(files.read(path))
            for path in {*FUNCTIONS.values(), *RECORDS.values(), *CHOICES.values(), *ROUTES.values()}
        }
        known = files.read("vllm/envs.py").decode()
    missing = [name for name in ENVIRONMENT if f"{name}:" not in known]
    if missing:
        raise LookupError(f"{missing} in vllm/envs.py")
    return {
        "version": wheel.name.split("-")[1],
        "functions": {name: parameters_of(definition(trees[path], name)) for name, path in FUNCTIONS.items()},
        "records": {name: fields_of(definition(trees[path], name)) for name, path in RECORDS.items()},
        "choices": {name: choices_of(trees[path], name) for name, path in CHOICES.items()},
        "routes": {name: asked_by(route(trees[path], name)) for name, path in ROUTES.items()},
        "environment": list(ENVIRONMENT),
    }


def definition(tree: ast.Module, name: str) -> Any:
    """The class or function of this dotted name."""
    found: Any = tree
    for part in name.split("."):
        found = next(
            each
            for each in found.body
            if isinstance(each, (ast.ClassDef, ast.FunctionDef)) and each.name == part
        )
    return found


def parameters_of(function: ast.FunctionDef) -> list[list[Any]]:
    """Name, kind (as `inspect` has them) and whether there is a default, of each."""
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    given = len(plain) - len(arguments.defaults)
    found: list[list[Any]] = [
        [each.arg, "POSITIONAL_OR_KEYWORD", place >= given] for place, each in enumerate(plain)
    ]
    if arguments.vararg is not None:
        found.append([arguments.vararg.arg, "VAR_POSITIONAL", False])
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append([each.arg, "KEYWORD_ONLY", default is not None])
    if arguments.kwarg is not None:
        found.append([arguments.kwarg.arg, "VAR_KEYWORD", False])
    return found


def fields_of(record: ast.ClassDef) -> list[str]:
    """The names that the class annotates."""
    return [
        each.target.id
        for each in record.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    ]


def choices_of(tree: ast.Module, name: str) -> list[str]:
    """What a Literal allows."""
    [value] = [
        each.value
        for each in tree.body
        if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == name
    ]
    return [each.value for each in ast.walk(value) if isinstance(each, ast.Constant)]


def route(tree: ast.Module, name: str) -> ast.AsyncFunctionDef:
    """The function that answers at an address."""
    verb, path = name.split()
    return next(
        each
        for each in ast.walk(tree)
        if isinstance(each, ast.AsyncFunctionDef)
        and any(
            isinstance(mark, ast.Call)
            and ast.unparse(mark.func) == f"router.{verb.lower()}"
            and ast.literal_eval(mark.args[0]) == path
            for mark in each.decorator_list
        )
    )


def asked_by(function: ast.AsyncFunctionDef) -> dict[str, list[str]]:
    """What it takes of the query, and of a body that it reads by itself."""
    arguments = function.args.args
    defaults = [None] * (len(arguments) - len(function.args.defaults)) + list(function.args.defaults)
    query = [
        each.arg
        for each, default in zip(arguments, defaults, strict=True)
        if "Query"
        in f"{ast.unparse(each.annotation) if each.annotation else ''}{default and ast.unparse(default)}"
    ]
    return {"query": query, "body": list(read_of_body(function))}


def read_of_body(function: ast.AsyncFunctionDef) -> Iterator[str]:
    """The keys of `body.get(…)`."""
    for each in ast.walk(function):
        if isinstance(each, ast.Call) and ast.unparse(each.func) == "body.get":
            yield ast.literal_eval(each.args[0])


if __name__ == "__main__":
    CONTRACT.write_text(json.dumps(record(Path(sys.argv[1])), indent=1) + "\n")
