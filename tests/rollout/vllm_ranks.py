"""What two ranks of a test do: sample from a sharded policy by vLLM, in each of them and by a server that both ask.

torchrun --nproc-per-node 2 -m tests.rollout.vllm_ranks FOLDER ADDRESS
"""

import sys
from pathlib import Path

import torch
from tests.rollout.conftest import EOS, grouped_llama
from tests.rollout.fake_vllm import package

from tutelage.distributed import joined, rank, together
from tutelage.models import spread
from tutelage.rollout import generate_together
from tutelage.rollout.vllm import Colocated, Server

PROMPTS = [[5, 6, 7], [8], [9, 10, 11, 12]]
DRAWING = {"seeds": [3, 4, 5], "max_new_tokens": 9, "stop_ids": frozenset([EOS])}


def main(folder: Path, address: str) -> None:
    """Both must give what our own sampler does, to every rank."""
    sys.modules["vllm"] = module = package()
    with joined("cpu"), together():
        colocated = Colocated(
            folder, longest=20, memory_share=0.3, precision="fp32", device=torch.device("cpu")
        )
        assert module.LLM.made[0].given["distributed_executor_backend"] == "external_launcher"
        server = Server(address, folder.with_name("sent"), longest=20)
        policy = spread(grouped_llama(), shard=True)
        for engine in (colocated, server):
            for _ in range(2):
                ours, theirs = (each(policy, PROMPTS, **DRAWING) for each in (generate_together, engine))
                assert theirs.prompts == PROMPTS
                assert theirs.completions == ours.completions
                assert torch.allclose(theirs.logprob_matrix(), ours.logprob_matrix(), atol=1e-5)
                with torch.no_grad():
                    for weight in policy.parameters():
                        weight.mul_(1.1)
        Path(folder.with_name(f"done_{rank()}")).touch()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
