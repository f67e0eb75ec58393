"""What is run: the works with their peers' settings, and the cases of a full, a quick and a scaling benchmark."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.limits import SHAPES

OURS = "ours"


@dataclass(frozen=True)
class Work:
    """One of the things that are timed; its module has the same name and does it, ours and the peer's way."""

    title: str
    unit: str
    peer: str
    environment: str
    """The peer's virtual environment."""
    settings: tuple[str, ...]
    """The peer's; the first is the one that was best where this was written, and the only one of a quick benchmark."""


WORKS = {
    "ppo": Work("PPO step", "episodes/s", "TRL PPOTrainer", "venv-ppo", ("mixed", "fp32")),
    "reward": Work(
        "reward model, K = 9", "comparisons/s", "TRL RewardTrainer", "venv-trl", ("mixed", "fp32")
    ),
    "sft": Work("SFT", "tokens/s", "TRL SFTTrainer", "venv-trl", ("grouped", "padded", "packed")),
    "sampling": Work(
        "sampling",
        "tokens/s",
        "transformers generate",
        "venv-trl",
        ("static", "dynamic", "static-compiled", "bf16", "bf16-static-compiled"),
    ),
}


@dataclass(frozen=True)
class Run:
    """One process: a work on a model, done by us or by the peer in one of its settings."""

    work: str
    shape: str
    setting: str = OURS
    steps: int = 1
    """Timed: iterations of PPO, optimizer steps of the reward model and SFT, calls of the sampler."""
    batch: int = 64
    """Of a step: prompts, or with SFT demonstrations."""
    in_use: bool = False
    """Completions end by themselves, after a third of the longest in the mean, or all are of full length."""
    new_tokens: int = 48
    completions: int = 9
    """K of a ranking."""
    seed: int = 0

    @property
    def lengths(self) -> str:
        """Of the completions, where any are sampled."""
        said = ", lengths as in use" if self.in_use else ", full length"
        return said if self.work in ("ppo", "sampling") else ""

    @property
    def title(self) -> str:
        """As it is named in tables."""
        return WORKS[self.work].title + self.lengths

    @property
    def model(self) -> str:
        """The model's name and its parameters."""
        return f"{self.shape}, {SHAPES[self.shape].policy / 1e6:.0f} M"


FULL = (
    *(
        Run("ppo", shape, steps=steps, in_use=in_use)
        for shape, steps in (("tiny", 3), ("small", 2))
        for in_use in (False, True)
    ),
    Run("reward", "tiny", steps=16, batch=1),
    Run("reward", "small", steps=4, batch=1),
    Run("sft", "tiny", steps=32, batch=16),
    Run("sft", "small", steps=8, batch=16),
    Run("sft", "gpt2", steps=4, batch=16),
    *(
        Run("sampling", shape, steps=steps, in_use=in_use)
        for shape, steps in (("tiny", 5), ("small", 3), ("gpt2", 2))
        for in_use in (False, True)
    ),
)

QUICK = (
    Run("ppo", "tiny", in_use=True),
    Run("reward", "tiny", steps=4, batch=1),
    Run("sft", "tiny", steps=8, batch=16),
    Run("sampling", "tiny", steps=2, in_use=True),
)

PROMPT_TOKENS = (16, 32)
"""Of PPO's prompts and the reward model's, uniform."""


SCALING = {
    "batch, prompts": {size: Run("ppo", "tiny", batch=size) for size in (16, 32, 64, 128)},
    "sequence, tokens": {
        sum(PROMPT_TOKENS) // 2 + new: Run("ppo", "tiny", batch=32, new_tokens=new)
        for new in (24, 48, 96, 192)
    },
    "K, completions": {k: Run("reward", "tiny", steps=4, batch=1, completions=k) for k in (2, 4, 8, 16)},
    "model, weights": {
        SHAPES[shape].policy: Run("ppo", shape, batch=32) for shape in ("micro", "tiny", "small")
    },
}
"""What grows while all else stays, and the runs by its value; the work is ours."""
