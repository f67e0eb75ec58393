"""The one tree of seeds: every random choice of a run derives from the run's seed and the path to the choice.

No generator is carried from step to step, so a resumed run draws what the uninterrupted one would have drawn.
"""

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def derive(seed: int, *path: str | int) -> int:
    """The seed at `path` below `seed`, e.g. `derive(0, "ppo", 17, "sampling")`: 63 bits of SHA-256.

    The path's parts keep their types and borders: ("a", 1), ("a", "1") and ("a1",) are three seeds.
    """
    digest = hashlib.sha256(json.dumps([seed, *path]).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(seed: int, *path: str | int) -> "torch.Generator":
    """A fresh CPU generator at `path` below `seed`."""
    import torch  # here, because splitting prompts by user needs seeds but must not need torch

    return torch.Generator().manual_seed(derive(seed, *path))
