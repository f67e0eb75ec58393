"""The automatic evaluations on real sets, of a model that has read real text: all of them run, and what they say.

    python -m benchmarks.real_sets runs/real-small --data ../shared/data/evaluation

Everything is done by the commands, as anybody would. What the network would have, a scorer of toxicity, is trained
here, on the scores that come with the set.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from benchmarks import table
from tutelage.data.rows import read_rows
from tutelage.evaluation.judged_answers import auc
from tutelage.models import load_policy, load_tokenizer, reward_model_from, save_model

PAGE = Path(__file__).parents[1] / "docs" / "results.md"
JUDGE = ("--recipe", "real-small", "--set", "judge.learning_rate=3e-4", "--set", "judge.epochs=3")
SCORER_EPOCHS, SCORER_RATE, SCORER_BATCH = 3, 3e-4, 32
PROMPTS = 500
"""Beginnings that models go on with: a hundred of each fifth of toxicity."""


@dataclass(frozen=True)
class Bench:
    """A finished run on real text, the sets, and where what is made here lies. models: names in the run."""

    run: Path
    data: Path
    work: Path
    models: Sequence[str]

    def set(self, name: str) -> str:
        return str(self.data / f"{name}.jsonl.gz")

    @property
    def named(self) -> str:
        return f"{self.run}:{','.join(self.models)}"

    def evaluate(self, name: str, *options: str) -> list[dict[str, Any]]:
        """The figures of `tutelage evaluate name`, from an earlier call where there was one."""
        out = self.work / f"{name}.json"
        if not out.exists():
            tutelage("evaluate", name, self.named, "--baseline", self.models[0], "--out", str(out), *options)
        scores: list[dict[str, Any]] = json.loads(out.read_text())["scores"]
        return scores


def tutelage(*command: str) -> str:
    """What the command prints."""
    print("tutelage", *command, flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "tutelage", *command], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def main() -> None:
    """Train what judges, put the models through, and write the tables."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/evaluation"))
    parser.add_argument("--work", type=Path, default=Path("runs/real-sets"))
    parser.add_argument("--models", default="base,sft,ppo,ppo_ptx")
    given = parser.parse_args()
    bench = Bench(given.run, given.data, given.work, given.models.split(","))
    bench.work.mkdir(parents=True, exist_ok=True)
    base = str(bench.run / "models" / "base")

    judged = {"truth": judge(bench, base, "truth", "true"), "info": judge(bench, base, "info", "informative")}
    scored = scorer(bench, base)
    truth = bench.evaluate(
        "truthfulness", "--data", bench.set("truthfulqa"), "--judge", str(bench.work / "truth"),
        "--info-judge", str(bench.work / "info"), "--keep", str(bench.work / "truthfulness.jsonl"),
    )  # fmt: skip
    toxicity = bench.evaluate(
        "toxicity", "--data", bench.set("real-toxicity-prompts"), "--limit", str(PROMPTS), "--count", "4",
        "--scorer", str(bench.work / "scorer"), "--keep", str(bench.work / "toxicity.jsonl"),
    )  # fmt: skip
    bias = bench.evaluate(
        "bias", "--crows-pairs", bench.set("crows-pairs"), "--winogender", bench.set("winogender")
    )
    judges = table.table(["", "on questions or texts held back"], [*judged.items(), ("toxicity", scored)])
    parts = [
        judges,
        figures(truth, ("mc1", "mc2", "true", "informative", "true_and_informative")),
        figures(toxicity, ("toxicity", "above_half", "expected_maximum")),
        figures(
            bias, ("crows_pairs entropy, bits", "crows_pairs stereotype score", "winogender entropy, bits")
        ),
    ]
    table.put(PAGE, "real-sets", "\n\n".join(parts))


def judge(bench: Bench, base: str, name: str, label: str) -> str:
    """Train a judge of answers, and what was printed of the tenth of the questions that was held back."""
    told = bench.work / f"{name}.txt"
    if not told.exists():
        command = ["train", "judge", "--model", base, "--answers", bench.set(f"truthfulqa-judge-{name}")]
        said = tutelage(*command, "--label", label, "--out", str(bench.work / name), *JUDGE)
        told.write_text(said.strip().splitlines()[-1].removeprefix("on questions held back: "))
    return told.read_text()


def scorer(bench: Bench, base: str) -> str:
    """Train a scorer of toxicity on the set's own scores of its prompts and continuations; a tenth is held back."""
    told = bench.work / "scorer.txt"
    if told.exists():
        return told.read_text()
    texts = scored_texts(bench.set("real-toxicity-prompts"))
    random.Random(0).shuffle(texts)
    held_back, training = texts[: len(texts) // 10], texts[len(texts) // 10 :]
    tokenizer = load_tokenizer(base)
    model = reward_model_from(load_policy(base))
    optimizer = torch.optim.AdamW(model.parameters(), lr=SCORER_RATE, weight_decay=0.0)

    def logits(part: Sequence[tuple[str, float]]) -> torch.Tensor:
        rows = tokenizer([text for text, _ in part], padding=True, truncation=True, max_length=128,
                         return_tensors="pt", padding_side="right")  # fmt: skip
        found: torch.Tensor = model(input_ids=rows["input_ids"], attention_mask=rows["attention_mask"]).logits
        return found.squeeze(1)

    torch.manual_seed(0)
    for epoch in range(SCORER_EPOCHS):
        random.Random(epoch).shuffle(training)
        for start in range(0, len(training), SCORER_BATCH):
            part = training[start : start + SCORER_BATCH]
            loss = binary_cross_entropy_with_logits(
                logits(part), torch.tensor([toxicity for _, toxicity in part])
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"scorer: epoch {epoch + 1}, loss {loss.item():.3f}", flush=True)
    with torch.no_grad():
        found = torch.cat([logits(held_back[start : start + 64]) for start in range(0, len(held_back), 64)])
    wanted = [toxicity for _, toxicity in held_back]
    save_model(model, tokenizer, bench.work / "scorer")
    correlation = torch.corrcoef(torch.stack([found.sigmoid(), torch.tensor(wanted)]))[0, 1].item()
    area = auc(found.numpy(), [toxicity >= 0.5 for toxicity in wanted])
    told.write_text(
        f"correlation with Perspective's score {correlation:.2f}, AUC at .5 {area:.2f}, {len(wanted)} texts"
    )
    return told.read_text()


def scored_texts(path: str) -> list[tuple[str, float]]:
    """Texts and their toxicity: beginnings, and what people went on with."""
    found = []
    for row in read_rows(path):
        for text, toxicity in (
            ("prompt", "prompt_toxicity"),
            ("human_continuation", "human_continuation_toxicity"),
        ):
            if row.fields.get(text) and row.fields.get(toxicity) is not None:
                found.append((str(row.fields[text]), float(row.fields[toxicity])))
    return found


def figures(scores: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    """A row for each model under each prompt."""
    rows = [
        [f"{each['model_type']}, {each['prompt_type']}", *(told(each["figures"].get(name)) for name in names)]
        for each in scores
    ]
    return table.table(["", *(name.replace("_", " ") for name in names)], rows)


def told(figure: Mapping[str, float] | None) -> str:
    """A figure with its interval."""
    return "–" if figure is None else f"{figure['value']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"


if __name__ == "__main__":
    main()
