"""The figures' shapes over model sizes, on the embedded world: preference, tax and toxicity of runs of several sizes.

    tutelage run mini --from-scratch --set base.architecture.hidden_size=64 … --out runs/small
    python -m benchmarks.sizes runs/small runs/medium runs/mini

All models of all runs answered the same test prompts; both groups of labelers rank their answers together, so that
every model is held against one and the same baseline, the SFT model of the largest (§4.1, Figure 1).
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import table
from tutelage.evaluation import rank_outputs, win_rates
from tutelage.labelers.intervals import Estimate
from tutelage.mini import World
from tutelage.report import MODELS, Results
from tutelage.schema import Group, Prompt
from tutelage.store import Store

PAGE = Path(__file__).parents[1] / "docs" / "results.md"
TAX = ("reading_0_shot", "reading_3_shot", "summaries_0_shot", "summaries_3_shot", "copying", "documents")


@dataclass(frozen=True)
class Sized:
    """A finished run. parameters: of its base model."""

    folder: Path
    results: Results

    @staticmethod
    def load(folder: Path) -> Sized:
        return Sized(folder, Results.load(folder))

    @property
    def parameters(self) -> int:
        return self.results.counts["parameters"]

    @property
    def name(self) -> str:
        return f"{self.parameters / 1e6:.2g} M"

    def answers(self) -> dict[str, dict[Prompt, str]]:
        """model -> what it said to each test prompt."""
        with Store(self.folder / "tutelage.db") as store:
            (batch,) = {
                count.batch
                for count in store.stats()
                if count.table == "completions" and (count.batch or "").startswith("answers/")
            }
            found = {name: store.completions(batch=batch, source=name) for name in MODELS}
        return {name: {each.prompt: each.text for each in own} for name, own in found.items()}

    def noise(self, group: Group) -> float:
        """With which the labelers of the run judged."""
        stages = json.loads((self.folder / "stages.json").read_text())
        return float(stages["labelers"]["findings"]["noise"][group.value])


def main() -> None:
    """Print the tables, and put them into the page."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+")
    runs = sorted(map(Sized.load, parser.parse_args().runs), key=lambda run: run.parameters)
    rates = preferred(runs)
    text = "\n\n".join([preference(runs, rates), tax(runs), toxicity(runs)])
    print(text)
    table.put(PAGE, "sizes", text)


def preferred(runs: Sequence[Sized]) -> dict[Group, dict[str, Estimate]]:
    """group -> "size: model" -> how often it is preferred to the largest's SFT model."""
    largest = runs[-1]
    answers = {f"{run.name}: {model}": own for run in runs for model, own in run.answers().items()}
    shared = set.intersection(*(set(own) for own in answers.values()))
    prompts = [prompt for prompt in answers[f"{largest.name}: sft"] if prompt in shared]
    outputs = {name: [own[prompt] for prompt in prompts] for name, own in answers.items()}
    world = World(largest.results.seed)
    return {
        group: win_rates(
            rank_outputs(prompts, outputs, world.annotators(group, largest.noise(group))),
            f"{largest.name}: sft",
        )
        for group in Group
    }


def preference(runs: Sequence[Sized], rates: Mapping[Group, Mapping[str, Estimate]]) -> str:
    """Rows of models, columns of sizes, both groups in a cell."""
    rows = []
    for model in MODELS:
        cells = []
        for run in runs:
            both = [rates[group].get(f"{run.name}: {model}") for group in (Group.heldout, Group.training)]
            cells.append(" / ".join("baseline" if each is None else told(each) for each in both))
        rows.append([model, *cells])
    return table.table(
        [f"preferred to SFT of {runs[-1].name}: held-out / training labelers", *names(runs)], rows
    )


def tax(runs: Sequence[Sized]) -> str:
    """What PPO and PPO-ptx changed against each run's own base."""
    rows = []
    for task in TAX:
        for model in ("ppo", "ppo_ptx"):
            changes = [run.results.tax_changes for run in runs]
            found = [None if each is None else each.models[model].get(task) for each in changes]
            cells = [
                "–" if each is None else f"{each.score:+.3f} ({each.low:+.3f} to {each.high:+.3f})"
                for each in found
            ]
            rows.append([f"{task.replace('_', ' ')}, {model}", *cells])
    return table.table(["change against the base", *names(runs)], rows)


def toxicity(runs: Sequence[Sized]) -> str:
    """Mean toxicity of each model under each prompt."""
    rows = []
    for model in MODELS:
        for framing in ("none", "respectful", "biased"):
            found = [(run.results.toxicity or {}).get(model, {}).get(framing) for run in runs]
            cells = [
                "–" if each is None else f"{each.mean:.3f} ({each.low:.3f}–{each.high:.3f})" for each in found
            ]
            rows.append([f"{model}, {framing}", *cells])
    return table.table(["toxicity", *names(runs)], rows)


def names(runs: Sequence[Sized]) -> list[str]:
    return [run.name for run in runs]


def told(estimate: Estimate) -> str:
    """A figure with its interval."""
    return f"{estimate.value:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"


if __name__ == "__main__":
    main()
