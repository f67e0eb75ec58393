"""One reward model trained on rankings, by us or by TRL: `python -m benchmarks.reward_models TRAINING`, as JSON.

The last line that it prints is the training as it went. TRL's environment does not have the package: only `ours`
imports it.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from pathlib import Path

import torch

from benchmarks import peers
from benchmarks.machine import Stopwatch
from benchmarks.measure import versions
from benchmarks.plan import OURS, Run

TRL = "TRL"
Pair = dict[str, list[int]]
"""`chosen_ids` and `rejected_ids`, each with the prompt's."""
PAIRS_AT_ONCE = 4
"""TRL's in one pass; passes are added up to a step."""


@dataclass(frozen=True)
class Training:
    """What is done, and where."""

    way: str
    """`ours` or `TRL`."""
    base: str
    """Folder of the language model that both start from."""
    texts: str
    """File of the tokens, see `Texts`."""
    out: str
    """Folder of the reward model that comes out."""
    rate: float
    """Learning rate at its peak."""
    batch: int
    """Rankings an optimizer step."""
    epochs: int
    seed: int


@dataclass(frozen=True)
class Tokens:
    """A ranking; completions end in end-of-text, rank 1 is best."""

    prompt: list[int]
    completions: list[list[int]]
    ranks: list[int]


@dataclass(frozen=True)
class Texts:
    """What is learned from, and a few texts that are scored at the end by plain transformers."""

    rankings: list[Tokens]
    checked: list[list[int]]

    @staticmethod
    def read(path: str) -> Texts:
        """From a file."""
        fields = json.loads(Path(path).read_text(encoding="utf-8"))
        return Texts([Tokens(**each) for each in fields["rankings"]], fields["checked"])

    def write(self, path: str) -> None:
        """Into a file."""
        Path(path).write_text(json.dumps(asdict(self)), encoding="utf-8")


@dataclass(frozen=True)
class Trained:
    """How it went."""

    seconds: float
    """Of training alone."""
    cpu_share: float
    checked: list[float]
    """Scores of the texts that are checked."""
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def processor_seconds(self) -> float:
        """What training took of its one thread's core, whoever else was on it."""
        return self.seconds * self.cpu_share


def train(training: Training) -> Trained:
    """Train, save the model, load it in plain transformers and score the texts to check."""
    texts, stopwatch = Texts.read(training.texts), Stopwatch(torch.device("cpu"))
    (ours if training.way == OURS else trl)(training, texts.rankings, stopwatch)
    return Trained(
        seconds=stopwatch.seconds["all"],
        cpu_share=stopwatch.cpu_share,
        checked=plain_scores(training.out, texts.checked),
        versions=versions(),
    )


def ours(training: Training, rankings: Sequence[Tokens], stopwatch: Stopwatch) -> None:
    """`train_reward_model`: a prompt's completions pass once an epoch, all its comparisons in one step."""
    from tutelage.data import RankedExample
    from tutelage.models import (
        arithmetic,
        keep_freed_memory,
        load_policy,
        load_tokenizer,
        reward_model_from,
        save_model,
    )
    from tutelage.recipe import RewardRecipe
    from tutelage.training import SilentMonitor, train_reward_model

    keep_freed_memory()
    model = reward_model_from(load_policy(training.base))
    examples = [RankedExample(each.prompt, each.completions, each.ranks) for each in rankings]
    recipe = RewardRecipe(epochs=training.epochs, learning_rate=training.rate, batch_size=training.batch)
    with arithmetic("bf16", torch.device("cpu")), stopwatch.timing():
        train_reward_model(model, examples, [], [], recipe, training.seed, SilentMonitor())
    save_model(model, load_tokenizer(training.base), training.out)


def trl(training: Training, rankings: Sequence[Tokens], stopwatch: Stopwatch) -> None:
    """RewardTrainer on every pair, in as many steps as ours; what is not named here is as TRL has it.

    The pairs are shuffled here, and those of a step sorted by length: the gradients are the same, with less padding.
    """
    from datasets import Dataset
    from trl import RewardConfig, RewardTrainer  # type: ignore[import-not-found]

    pairs = [pair for ranking in rankings for pair in pairs_of(ranking)]
    together = passes(len(pairs), len(rankings), training.batch)
    draw = random.Random(training.seed)
    rows = [row for _ in range(training.epochs) for row in in_steps(pairs, together * PAIRS_AT_ONCE, draw)]
    arguments = RewardConfig(
        per_device_train_batch_size=PAIRS_AT_ONCE,
        gradient_accumulation_steps=together,
        train_sampling_strategy="sequential",
        num_train_epochs=1,
        learning_rate=training.rate,
        max_length=None,
        bf16=True,
        **peers.settings(Run("reward", "", TRL, seed=training.seed)),
    )
    trainer = RewardTrainer(
        model=training.base,
        args=arguments,
        train_dataset=Dataset.from_list(rows),
        callbacks=[peers.Timing(stopwatch)],
    )
    trainer.train()
    trainer.save_model(training.out)


def pairs_of(ranking: Tokens) -> list[Pair]:
    """Every untied pair of a ranking, as TRL reads it."""
    pairs: list[Pair] = []
    for one, other in combinations(zip(ranking.ranks, ranking.completions, strict=True), 2):
        if one[0] != other[0]:
            better, worse = sorted((one, other), key=lambda each: each[0])
            pairs.append(
                {"chosen_ids": ranking.prompt + better[1], "rejected_ids": ranking.prompt + worse[1]}
            )
    return pairs


def in_steps(pairs: Sequence[Pair], size: int, draw: random.Random) -> list[Pair]:
    """The pairs in random order, but every `size` of them from the shortest to the longest."""
    shuffled = draw.sample(pairs, len(pairs))
    steps = (shuffled[start : start + size] for start in range(0, len(pairs), size))
    return [pair for step in steps for pair in sorted(step, key=lambda each: max(map(len, each.values())))]


def passes(pairs: int, rankings: int, batch: int) -> int:
    """How many of TRL's passes make a step that has as many pairs as `batch` rankings have in the mean."""
    return max(1, round(batch * pairs / rankings / PAIRS_AT_ONCE))


@torch.no_grad()
def plain_scores(folder: str, texts: Sequence[Sequence[int]]) -> list[float]:
    """Scores by transformers alone, in 32 bits: all texts in one batch, padded on the right."""
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    width = max(map(len, texts))
    rows = torch.tensor([[*text, *[model.config.pad_token_id] * (width - len(text))] for text in texts])
    lengths = torch.tensor([len(text) for text in texts])
    mask = (torch.arange(width) < lengths[:, None]).long()
    scores: list[float] = model(input_ids=rows, attention_mask=mask).logits[:, 0].tolist()
    return scores


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    print(json.dumps(asdict(train(Training(**json.loads(sys.argv[1]))))))
