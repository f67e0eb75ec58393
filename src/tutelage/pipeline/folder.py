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
    def next_recipe(self) -> Path:
        """The recipe of a round that is being begun; it takes the recipe's place when the round before is put away."""
        return self.root / "next-round.yaml"

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
    def packed(self) -> Path:
        """Pretraining text as packed tokens; made again where it is gone."""
        return self.checkpoints / "packed"

    @property
    def models(self) -> Path:
        """The transformers folders of all models."""
        return self.root / "models"

    def model(self, name: str) -> Path:
        """The transformers folder of one model, e.g. `sft`."""
        return self.models / name

    def report(self, ending: str) -> Path:
        """The report, `json` for programs or `html` for people."""
        return self.root / f"report.{ending}"

    def of_round(self, path: Path, number: int) -> Path:
        """Where a file or a model of an earlier round lies: `report.json` of the first is `report_1.json`."""
        return path.with_name(f"{path.stem}_{number}{path.suffix}")

    def epoch(self, number: int) -> Path:
        """The SFT model after one epoch, kept until the reward model has chosen among them."""
        return self.checkpoints / "sft_epochs" / f"{number:02d}"
