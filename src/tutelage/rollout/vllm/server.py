"""A running `vllm serve`, sampled over HTTP; it reads the policy's weights from a folder before each sampling.

What it is asked for beside completions are addresses of its development mode: its settings, its workers' method
`reload_weights`, and to forget what it has cached of the weights before.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
from transformers import PreTrainedModel

from tutelage.distributed import leader_first, leads
from tutelage.http import Patience, post_json
from tutelage.rollout.generation import Generation
from tutelage.rollout.together import each_its_share
from tutelage.rollout.vllm.drawing import finish_reason, parameters
from tutelage.rollout.vllm.weights import plain
from tutelage.schema import InputError, RunError

AT_ONCE = 256
"""Requests under way; more would wait in the server for as long."""
PATIENCE = Patience(timeout=1800.0)
"""A request may have to wait for hundreds of others, and so may the reading of a large model."""
FIRST_ANSWER = 120.0
"""Seconds until a server has told its settings; with them comes all that it finds out about its machine."""
START = "VLLM_SERVER_DEV_MODE=1 vllm serve MODEL --logprobs-mode processed_logprobs --max-model-len {longest}"


class Server:
    """Samples when called, as `Generate` says; where ranks work together each asks for its share."""

    rounds_as_update = False

    def __init__(self, address: str, folder: Path, *, longest: int) -> None:
        """address: such as http://localhost:8000.

        folder: in which weights are laid until the server, which must see it by the same path, has read them.
        longest: tokens of a prompt and its completion together, at most.

        Raises InputError when there is no such server, or it was not started as this needs.
        """
        self._address = address.rstrip("/")
        self._folder = folder.resolve()
        self._require(longest)

    def __call__(
        self,
        model: PreTrainedModel,
        prompts: Sequence[list[int]],
        *,
        seeds: Sequence[int],
        max_new_tokens: int,
        stop_ids: frozenset[int],
        temperature: float = 1.0,
    ) -> Generation:
        with httpx2.Client(timeout=PATIENCE.timeout, limits=httpx2.Limits(max_connections=None)) as http:

            def draw(prompt: list[int], seed: int) -> dict[str, Any]:
                drawing = parameters(seed, max_new_tokens, stop_ids, temperature)
                asked = {"prompt": prompt, "return_token_ids": True, **drawing}
                [choice] = self._ask(http, "/v1/completions", asked)["choices"]
                return dict(choice)

            def sample(prompts: list[list[int]], seeds: list[int]) -> Generation:
                with ThreadPoolExecutor(AT_ONCE) as threads:
                    drawn = list(threads.map(draw, prompts, seeds))
                return Generation(
                    prompts,
                    [each["token_ids"] for each in drawn],
                    [each["logprobs"]["token_logprobs"] for each in drawn],
                    [finish_reason(each["finish_reason"]) for each in drawn],
                )

            self._give_weights(http, model)
            return each_its_share(sample, prompts, seeds)

    def _give_weights(self, http: httpx2.Client, model: PreTrainedModel) -> None:
        """All ranks gather the weights, and the first one has the server read them before any of them asks."""
        policy = plain(model)
        with leader_first():
            if not leads():
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(prefix="weights-", dir=self._folder) as folder:
                Path(folder).chmod(0o755)  # the server may be another user's
                policy.save_pretrained(folder)
                reading = {"method": "reload_weights", "kwargs": {"weights_path": folder}}
                self._ask(http, "/collective_rpc", reading)
            if not self._ask(http, "/reset_prefix_cache", {})["success"]:
                raise RunError(
                    f"{self._address} keeps what it has cached of earlier weights",
                    "it answers somebody else; start a server for this run alone",
                )

    def _ask(self, http: httpx2.Client, path: str, body: dict[str, Any]) -> Any:
        """The answer to a request. Raises InputError where it is refused, RunError where there is none."""
        return post_json(
            http,
            httpx2.URL(self._address + path),
            body,
            PATIENCE,
            where="rollout.address",
            remedy="start the server again; the same command goes on from the last checkpoint",
        )

    def _require(self, longest: int) -> None:
        """Raises InputError unless there is a server with the settings that this needs."""
        start = START.format(longest=longest)
        try:
            answer = httpx2.get(
                f"{self._address}/server_info", params={"config_format": "json"}, timeout=FIRST_ANSWER
            )
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            raise InputError(
                f"nothing answers at {self._address} ({type(error).__name__})", "rollout.address", start
            ) from error
        if answer.status_code != 200:
            raise InputError(
                f"{self._address} is no vLLM server in development mode", "rollout.address", start
            )
        try:
            settings = answer.json()["vllm_config"]["model_config"]
            context, told_logprobs = settings["max_model_len"], settings["logprobs_mode"]
        except (ValueError, LookupError, TypeError) as error:
            raise InputError(
                f"{self._address} does not tell vLLM's settings", "rollout.address", start
            ) from error
        if context < longest:
            told = f"the server's texts have at most {context} tokens, the recipe's {longest}"
            raise InputError(told, "rollout.address", start)
        if told_logprobs != "processed_logprobs":
            told = f"the server tells {told_logprobs}, which leave out the temperature"
            raise InputError(told, "rollout.address", start)
