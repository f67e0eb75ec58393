"""Where everything of a run lies."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run: recipe, database, models, checkpoints, metrics and report."""

    root: Path

    @property
    def recipe(self) -> Path:
        """The resolved recipe, every default written out."""
        return self.root / "recipe.yaml"

    @property
    def database(self) -> Path:
        """What people said: prompts, demonstrations, completions, rankings, ratings."""
        return self.root / "tutelage.db"

    @property
    def ledger(self) -> Path:
        """Which stages are finished, from what, and what they found."""
        return self.root / "stages.json"

    @property
    def metrics(self) -> Path:
        """One JSON object a training step."""
        return self.root / "metrics.jsonl"

    @property
    def checkpoints(self) -> Path:
        """Unfinished stages, and what only later stages need."""
        return self.root / "checkpoints"

    @property
    def models(self) -> Path:
        """The transformers folders of all models."""
        return self.root / "models"

    def model(self, name: str) -> Path:
        """The transformers folder of one model, e.g. `sft`."""
        return self.models / name

    def epoch(self, number: int) -> Path:
        """The SFT model after one epoch, kept until the reward model has chosen among them."""
        return self.checkpoints / "sft_epochs" / f"{number:02d}"
