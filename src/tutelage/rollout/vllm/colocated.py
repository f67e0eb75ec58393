"""vLLM in this process, on the GPU that trains: asleep meanwhile, and given the policy's weights before it samples."""

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import torch
from transformers import PreTrainedModel

from tutelage.distributed import size
from tutelage.models import Precision
from tutelage.models.location import model_folder
from tutelage.rollout.generation import Generation
from tutelage.rollout.together import each_its_share
from tutelage.rollout.vllm.drawing import finish_reason, parameters
from tutelage.rollout.vllm.weights import named_weights, plain
from tutelage.schema import InputError

DISCARD_ALL = 2
"""vLLM's level of sleep at which it keeps neither weights nor cache: the weights will be other ones when it wakes."""


def require_vllm() -> None:
    """Raises InputError where vLLM is not installed in this environment."""
    if find_spec("vllm") is None:
        raise InputError(
            "vLLM is not installed",
            "rollout.engine",
            "pip install 'tutelage[vllm]', or take rollout.mode=server, whose vLLM may be installed by itself",
        )


class Colocated:
    """Samples when called, as `Generate` says; where ranks work together each has an engine, and samples its share.

    vLLM allows one that can sleep in a process, and takes the ranks' group down with it when it is shut down: this one
    stays, asleep, until the process ends.
    """

    rounds_as_update = False

    def __init__(
        self,
        folder: str | Path,
        *,
        longest: int,
        memory_share: float,
        precision: Precision,
        device: torch.device,
    ) -> None:
        """folder: a model of the policy's shape, or its name on the hub.

        longest: tokens of a prompt and its completion together, at most. memory_share: of the GPU's memory, while it
        samples. precision: of its weights and products. device: where the policy is.

        Raises InputError when vLLM is not installed, or cannot do this here.
        """
        require_vllm()
        if size() == 1 and device.index:  # alone, it takes the first that it sees
            raise InputError(
                f"a colocated vLLM and the policy on {device} are on two GPUs",
                "device",
                f"set device=cuda, and CUDA_VISIBLE_DEVICES={device.index}",
            )
        # its worker in this process, too: it then reads the policy's weights where they lie
        os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
        try:
            from vllm import LLM

            with torch.autocast(device.type, enabled=False):
                self._llm = LLM(
                    model=str(model_folder(folder)),
                    skip_tokenizer_init=True,  # tokens in, tokens out
                    dtype={"fp32": "float32", "bf16": "bfloat16"}[precision],
                    max_model_len=longest,
                    gpu_memory_utilization=memory_share,
                    enable_sleep_mode=True,
                    logprobs_mode="processed_logprobs",  # at the temperature, as our own are
                    # ranks have a group already, and each is an engine by itself in it
                    distributed_executor_backend="external_launcher" if size() > 1 else "uni",
                )
        except (ImportError, ValueError, RuntimeError, OSError, AssertionError) as error:
            raise InputError(
                f"vLLM cannot start: {error}", "rollout.engine", "mend that, or take rollout.engine=tutelage"
            ) from error
        self._llm.sleep(level=DISCARD_ALL)

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
        from vllm import SamplingParams

        def sample(prompts: list[list[int]], seeds: list[int]) -> Generation:
            asked = [parameters(seed, max_new_tokens, stop_ids, temperature) for seed in seeds]
            answers = self._llm.generate(
                [{"prompt_token_ids": prompt} for prompt in prompts],
                [SamplingParams(**each, detokenize=False) for each in asked],
                use_tqdm=False,
            )
            drawn = [answer.outputs[0] for answer in answers]
            return Generation(
                prompts,
                [list(each.token_ids) for each in drawn],
                [
                    [told[token].logprob for token, told in zip(each.token_ids, each.logprobs, strict=True)]
                    for each in drawn
                ],
                [finish_reason(each.finish_reason) for each in drawn],
            )

        with torch.autocast(model.device.type, enabled=False):  # vLLM has a precision of its own
            self._wake(model)
            try:
                return each_its_share(sample, prompts, seeds)
            finally:
                self._llm.sleep(level=DISCARD_ALL)

    def _wake(self, model: PreTrainedModel) -> None:
        """With the policy's weights. The memory of its cache is taken after a gathered copy of them has gone."""
        if torch.cuda.is_available():
            torch.cuda.empty_cache()  # what torch holds without need is vLLM's to take
        self._llm.wake_up(tags=["weights"])
        self._llm.collective_rpc("reload_weights", kwargs={"weights_iterator": named_weights(plain(model))})
        self._llm.wake_up(tags=["kv_cache"])
