"""What a stage is handed: the recipe, the run's folder and database, what stages before it left, and its monitor."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerBase

from tutelage.models import load_policy, load_tokenizer
from tutelage.pipeline.display import Display, StageDisplay
from tutelage.pipeline.folder import RunFolder
from tutelage.pipeline.interruption import Interruption
from tutelage.pipeline.ledger import Findings, Ledger
from tutelage.pipeline.packed import PackedText
from tutelage.pipeline.source import Source
from tutelage.recipe import Recipe
from tutelage.rollout import Sampler, Scorer, load_reward_model
from tutelage.store import Store
from tutelage.tracking import Trackers
from tutelage.training import Monitor


@dataclass(frozen=True)
class Workbench:
    """Everything one stage may touch.

    identities: of this stage and of all before it, by name
    """

    stage: str
    recipe: Recipe
    folder: RunFolder
    store: Store
    ledger: Ledger
    identities: Mapping[str, str]
    display: Display
    progress: StageDisplay | None
    interruption: Interruption
    device: torch.device
    trackers: Trackers

    def monitor(self, part: str | None = None) -> Monitor:
        """The stage's monitor; a stage of several long parts names each, and each resumes by itself."""
        monitor = Monitor(
            stage=self.stage if part is None else f"{self.stage}.{part}",
            folder=self.folder.checkpoints,
            metrics=self.folder.metrics,
            display=self.progress,
            identity=self.identities[self.stage],
            trackers=self.trackers,
        )
        return self.interruption.watch(monitor)

    def batch(self, stage: str | None = None) -> str:
        """The name under which a stage's records stand in the store: other inputs, other name."""
        name = self.stage if stage is None else stage
        return self.ledger.batch(name, self.identities[name])

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """The tokenizer that all models of the run share."""
        return load_tokenizer(self.folder.model("base"))

    def sampler(self, folder: Path) -> Sampler:
        """Samples from the policy in a folder, prompts put into the run's template."""
        return Sampler(load_policy(folder, device=self.device), load_tokenizer(folder))

    def score(self, name: str) -> Callable[[list[str], list[str]], list[float]]:
        """A function of prompts and completions that gives one of the run's reward models' scores."""
        scorer = self.scorer(name)
        return lambda prompts, completions: scorer(prompts, completions).tolist()

    def scorer(self, name: str) -> Scorer:
        """Scores texts by one of the run's reward models."""
        return load_reward_model(self.folder.model(name), device=self.device)

    def packed(self, source: Source) -> PackedText:
        """Where the run keeps a source's documents as packed tokens."""
        return PackedText(self.folder.packed, source.fingerprint())

    def show(self, done: int, total: int) -> None:
        """Move the progress bar of a stage without checkpoints."""
        if self.progress is not None:
            self.progress.update(done, total, {})

    def findings(self, stage: str) -> Findings:
        """What an earlier stage found."""
        return self.ledger.findings(stage)
