"""What a run cost, and how much of that is the alignment (§5.1: little, beside pretraining)."""

from collections.abc import Mapping
from dataclasses import dataclass

from tutelage.recipe.rounds import of_round
from tutelage.report.results import Results

PARTS = ("pretraining", "alignment", "evaluation")

ALIGNMENT = frozenset(
    {
        "data",
        "sft",
        "sft_by_loss",
        "collection",
        "candidates",
        "rankings",
        "reward",
        "sft_choice",
        "initialization",
        "ppo",
        "ppo_ptx",
    }
)
"""Stages that make the aligned model; what is neither of these nor the base measures it."""


@dataclass(frozen=True)
class Cost:
    """Seconds of each of PARTS, and the CPU threads they had; None where the recipe leaves that to the machine, or
    asks for a GPU.
    """

    seconds: Mapping[str, float]
    threads: int | None

    @property
    def core_hours(self) -> float | None:
        """Threads times hours."""
        return None if self.threads is None else self.threads * sum(self.seconds.values()) / 3600

    @property
    def alignment(self) -> float:
        """Share of the alignment in the whole."""
        whole = sum(self.seconds.values())
        return self.seconds["alignment"] / whole if whole else 0.0


def cost_of(results: Results) -> Cost:
    """What the stages took, added up."""
    seconds = dict.fromkeys(PARTS, 0.0)
    for stage, took in results.seconds.items():
        seconds[part_of(stage)] += took
    on_gpu = str(results.recipe.get("device", "")).startswith("cuda")
    threads = results.recipe.get("threads") or None
    return Cost(seconds, None if on_gpu else threads)


def part_of(stage: str) -> str:
    """Which of PARTS a stage is; that of its first round in every round."""
    plain, _ = of_round(stage)
    return "pretraining" if plain == "base" else "alignment" if plain in ALIGNMENT else "evaluation"
