"""Reward models on real comparisons, ours and TRL's: how often each orders held-out pairs as the labelers did.

    make bench-rankings

Both start from one base model, read the same tokens in the same number of epochs and steps, and are scored by the same
scorer. Each takes the learning rate that did best by its own way on a part of the training prompts, tried on others.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

from benchmarks import table
from benchmarks.plan import OURS, Run
from benchmarks.reward_models import TRL, Texts, Tokens, Trained, Training
from benchmarks.rounds import ROOT, VARIABLES, interpreter

if TYPE_CHECKING:
    from tutelage.evaluation import Estimate
    from tutelage.schema import Ranking

PAGE = ROOT / "docs" / "results.md"
BASE = ROOT / "runs" / "real-small" / "models" / "base"
COMPARISONS = ROOT.parent / "shared" / "data" / "comparisons"
DATA = (COMPARISONS / "hh-harmless.jsonl.gz", COMPARISONS / "alpaca-eval.jsonl.gz")
WAYS = (OURS, TRL)
TITLES = {OURS: "ours, by ranking", TRL: "TRL RewardTrainer, by pair"}
RATES = (1e-4, 3e-4, 1e-3)
"""The first is TRL's default."""
TRIAL_COMPARISONS = 300
"""Learned to choose a learning rate, at most; twice as many are held out."""
CHECKED = 8
"""Texts that plain transformers and our scorer both score."""


@dataclass(frozen=True)
class Data:
    """Rankings of one file that the base model can see whole, each with an untied pair."""

    name: str
    training: Sequence[Ranking]
    held_out: Sequence[Ranking]
    left_out: int
    """Rankings of both splits with a text longer than the context."""

    def trial(self) -> Data:
        """To choose a learning rate by: of every three training prompts one is learned and two are held out."""
        prompts = list(dict.fromkeys(each.prompt.id for each in self.training))
        learned = set(prompts[::3])
        parts = (
            [each for each in self.training if (each.prompt.id in learned) == side] for side in (True, False)
        )
        training, held_out = (
            part_of(part, times * TRIAL_COMPARISONS) for times, part in enumerate(parts, start=1)
        )
        return replace(self, training=training, held_out=held_out)


@dataclass(frozen=True)
class Case:
    """One training, told apart from all others."""

    base: str
    data: str
    trial: bool
    way: str
    rate: float
    seed: int
    rankings: int
    """Learned from."""
    batch: int
    epochs: int


@dataclass(frozen=True)
class Result:
    """A case as it went: a line of the file that keeps them."""

    case: Case
    trained: Trained
    scores: list[list[float]]
    """Of every held-out ranking's completions."""
    apart: float
    """How far plain transformers' scores are from our scorer's, at most."""

    @staticmethod
    def parse(line: str) -> Result:
        """From a line."""
        fields = json.loads(line)
        fields |= {"case": Case(**fields["case"]), "trained": Trained(**fields["trained"])}
        return Result(**fields)


Measure = Callable[[Data, Case], Result]
Compared = tuple[Data, dict[str, list[Result]]]
"""With the results by way, seed by seed."""


def read_data(path: Path, base: Path, comparisons: int | None) -> Data:
    """A file's rankings; of the training ones a random part that has at most so many untied pairs."""
    from tutelage.data import read_rankings
    from tutelage.models import load_tokenizer
    from tutelage.pipeline.context import context_of
    from tutelage.pipeline.encoding import encode_rankings
    from tutelage.schema import Split

    tokenizer, context = load_tokenizer(base), context_of(base)
    given = [each for each in read_rankings(path) if len(set(each.ranks)) > 1]
    short = [each for each in given if encode_rankings([each], tokenizer, context).items]
    training, held_out = (
        [each for each in short if each.prompt.split == split] for split in (Split.train, Split.valid)
    )
    return Data(
        name=path.name.removesuffix(".jsonl.gz"),
        training=part_of(training, comparisons),
        held_out=held_out,
        left_out=len(given) - len(short),
    )


def part_of(rankings: Sequence[Ranking], comparisons: int | None) -> list[Ranking]:
    """Rankings in random order, as many as have together at most so many untied pairs; None: all."""
    shuffled = list(rankings)
    random.Random(0).shuffle(shuffled)
    kept, pairs = [], 0
    for ranking in shuffled:
        pairs += untied(ranking)
        if comparisons is not None and pairs > comparisons:
            break
        kept.append(ranking)
    return kept


def untied(ranking: Ranking) -> int:
    """How many of its pairs are no tie."""
    return sum(one != other for one, other in combinations(ranking.ranks, 2))


def measure_on(core: int, base: Path) -> Measure:
    """What trains on this core in the way's own environment, and scores in this one."""

    def measure(data: Data, case: Case) -> Result:
        with tempfile.TemporaryDirectory() as folder:
            texts, out = Path(folder) / "texts.json", Path(folder) / "model"
            encode(data, base).write(str(texts))
            training = Training(
                case.way, str(base), str(texts), str(out), case.rate, case.batch, case.epochs, case.seed
            )
            trained = launch(training, core)
            return Result(case, trained, *scores_of(out, data.held_out, trained.checked))

    return measure


def encode(data: Data, base: Path) -> Texts:
    """What is learned, and the first completion of the first held-out rankings, to be scored twice."""
    from tutelage.models import load_tokenizer
    from tutelage.pipeline.context import context_of
    from tutelage.pipeline.encoding import encode_rankings

    tokenizer, context = load_tokenizer(base), context_of(base)
    training, checked = (
        encode_rankings(part, tokenizer, context).items for part in (data.training, data.held_out[:CHECKED])
    )
    return Texts(
        rankings=[Tokens(each.prompt, each.completions, each.ranks) for each in training],
        checked=[each.prompt + each.completions[0] for each in checked],
    )


def launch(training: Training, core: int) -> Trained:
    """One process of one way. Raises RuntimeError with the end of what it said when it fails."""
    python = interpreter(Run("reward", "", training.way))
    ended = subprocess.run(
        [
            "taskset",
            "-c",
            str(core),
            str(python),
            "-m",
            "benchmarks.reward_models",
            json.dumps(asdict(training)),
        ],
        cwd=ROOT,
        env=os.environ | VARIABLES,
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        raise RuntimeError(f"{training.way} failed: {ended.stderr.strip()[-2000:]}")
    return Trained(**json.loads(ended.stdout.strip().splitlines()[-1]))


def scores_of(
    folder: Path, rankings: Sequence[Ranking], plain: Sequence[float]
) -> tuple[list[list[float]], float]:
    """The rankings' scores by our scorer, and how far it is from plain transformers' of the texts that were checked.

    Ours begins with the texts: that it uses the tokens that were trained on, end-of-text included, is checked too.
    """
    from tutelage.evaluation import score_rankings
    from tutelage.rollout import load_reward_model

    scorer = load_reward_model(folder)
    scores = score_rankings(lambda prompts, texts: scorer(prompts, texts).tolist(), rankings)
    return scores, max(abs(own[0] - other) for own, other in zip(scores, plain, strict=False))


def read(kept: Path) -> dict[Case, Result]:
    """The results in a file."""
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    return {result.case: result for result in map(Result.parse, lines)}


def keep(kept: Path, data: Data, case: Case, measure: Measure) -> Result:
    """The result of the file; where it is not there it is made and added."""
    known = read(kept).get(case)
    if known is not None:
        return known
    result = measure(data, case)
    with kept.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(result)) + "\n")
    print(f"{case}: {accuracy(data, [result]).value:.3f}, {result.trained.seconds:.0f} s", file=sys.stderr)
    return result


def best_rate(data: Data, way: str, chosen: Namespace, measure: Measure) -> float:
    """The learning rate of this way's most accurate trial, the lowest of equals; where there is one, that."""
    if len(chosen.rates) == 1:
        return float(chosen.rates[0])
    trial = data.trial()
    found = {
        rate: keep(chosen.kept, trial, case_of(trial, True, way, rate, 0, chosen), measure)
        for rate in sorted(chosen.rates)
    }
    return max(found, key=lambda rate: accuracy(trial, [found[rate]]).value)


def case_of(data: Data, trial: bool, way: str, rate: float, seed: int, chosen: Namespace) -> Case:
    """With what the command line says."""
    return Case(
        base=str(chosen.base.resolve()),
        data=data.name,
        trial=trial,
        way=way,
        rate=rate,
        seed=seed,
        rankings=len(data.training),
        batch=chosen.batch,
        epochs=chosen.epochs,
    )


def accuracy(data: Data, results: Sequence[Result]) -> Estimate:
    """On the held-out rankings, the mean over the seeds; prompts are what the interval takes as drawn at random."""
    from tutelage.evaluation import ranking_accuracy

    scores = [own for result in results for own in result.scores]
    return ranking_accuracy([*data.held_out] * len(results), scores)


def difference(data: Data, these: Sequence[Result], those: Sequence[Result]) -> Estimate:
    """How much more accurate these are than those on the same pairs, seed by seed."""
    from tutelage.evaluation import mean as clustered_mean
    from tutelage.evaluation.reward_model import scored_pairs

    values, prompts = [], []
    for this, that in zip(these, those, strict=True):
        both = (scored_pairs(data.held_out, result.scores) for result in (this, that))
        for own, other in zip(*both, strict=True):
            values.append(own.agreement - other.agreement)
            prompts.append(own.prompt.id)
    return clustered_mean(values, prompts)


def longer(data: Data) -> Estimate:
    """The accuracy of who always prefers the longer completion."""
    from tutelage.evaluation import ranking_accuracy

    return ranking_accuracy(
        data.held_out, [[float(len(text)) for text in each.completions] for each in data.held_out]
    )


COLUMNS = (
    "data",
    "by",
    "learning rate",
    "seed by seed",
    "accuracy",
    ".5 excluded",
    "ours − TRL",
    "processor seconds",
)


def rows_of(data: Data, results: Mapping[str, Sequence[Result]]) -> Iterator[list[str]]:
    """Of one file: each way's, then that of length alone. results: by way, seed by seed."""
    pairs = sum(map(untied, data.held_out))
    apart = difference(data, results[OURS], results[TRL])
    for way, own in results.items():
        whole = accuracy(data, own)
        yield [
            f"{data.name}, {pairs} pairs of {whole.clusters} prompts" if way == OURS else "",
            TITLES[way],
            f"{own[0].case.rate:g}",
            " ".join(bare(accuracy(data, [each]).value) for each in own),
            told(whole),
            excluded(whole),
            f"{apart.value:+.3f} ({apart.low:+.3f} to {apart.high:+.3f})".replace("-", "−")
            if way == OURS
            else "",
            f"{mean(each.trained.processor_seconds for each in own):.0f}",
        ]
    whole = longer(data)
    yield ["", "the longer completion", "–", "–", told(whole), excluded(whole), "", "–"]


def excluded(estimate: Estimate) -> str:
    """Whether the interval says that this is not guessing."""
    return "yes" if estimate.low > 0.5 or estimate.high < 0.5 else "no"


def told(estimate: Estimate) -> str:
    """With its interval."""
    return f"{bare(estimate.value)} ({bare(estimate.low)}–{bare(estimate.high)})"


def bare(rate: float) -> str:
    """As this page writes rates: .512."""
    return f"{rate:.3f}".removeprefix("0")


def remarks(found: Sequence[Compared], chosen: Namespace) -> str:
    """What was done, and how alike the scorers are."""
    results = [each for _, by_way in found for own in by_way.values() for each in own]
    learned = "; ".join(
        f"{data.name}: {len(data.training)} rankings with {sum(map(untied, data.training))} comparisons learned, "
        f"{len(data.held_out)} held out, {data.left_out} left out because a text is longer than the context"
        for data, _ in found
    )
    versions: dict[str, str] = {}
    for each in results:
        versions |= each.trained.versions
    named = ", ".join(
        f"{name} {versions[name]}" for name in ("torch", "transformers", "trl") if name in versions
    )
    shares = [each.trained.cpu_share for each in results]
    rates = ", ".join(f"{rate:g}" for rate in sorted(chosen.rates))
    apart = max(each.apart for each in results)
    return (
        f"{learned}. {chosen.epochs} epoch(s), {chosen.batch} rankings a step, or as many pairs as they have; seeds: "
        f"{chosen.seeds}. Learning rates tried, on at most {TRIAL_COMPARISONS} comparisons: {rates}. Plain "
        f"transformers and our scorer differ by at most {apart:.0e} in the scores of {CHECKED} texts of each model. "
        f"One core of {versions['processor']}, of which a training had {min(shares):.0%}–{max(shares):.0%}; {named}."
    )


def options(arguments: Sequence[str]) -> Namespace:
    """What the command line says."""
    parser = ArgumentParser(prog="python -m benchmarks.rankings", description=__doc__)
    add = parser.add_argument
    add("--base", type=Path, default=BASE, help="folder of the language model to start from (%(default)s)")
    add("--data", type=Path, action="append", help="a file of rankings with a split; repeatable")
    add("--comparisons", type=int, default=1000, help="of a file, learned at most (%(default)s)")
    add("--seeds", type=int, default=2, help="trainings of each way (%(default)s)")
    add("--rates", type=float, nargs="+", default=RATES, help="learning rates to choose from (%(default)s)")
    add("--batch", type=int, default=8, help="rankings a step (%(default)s)")
    add("--epochs", type=int, default=1, help="over the rankings (%(default)s)")
    add("--kept", type=Path, help="file of JSON lines: trainings in it are not done again, others are added")
    add("--core", type=int, default=max(os.sched_getaffinity(0)), help="the one that trains (%(default)s)")
    add("--quick", action="store_true", help="minutes: one seed, one rate, 100 comparisons; writes no page")
    chosen = parser.parse_args(arguments)
    chosen.data = chosen.data or list(DATA)
    if chosen.quick:
        chosen.seeds, chosen.rates, chosen.comparisons = 1, [RATES[0]], 100
    return chosen


def main(arguments: Sequence[str]) -> int:
    """Print the table and write it into the page; 2 where the base model or TRL is missing."""
    from tutelage.pipeline.display import silence_transformers

    chosen = options(arguments)
    silence_transformers()
    needed = {
        chosen.base / "config.json": "`tutelage run real-small --until base` makes it, --base names another",
        interpreter(Run("reward", "", TRL)): "`make bench-rankings` sets it up",
    }
    for path, remedy in needed.items():
        if not path.exists():
            print(f"no {path}: {remedy}", file=sys.stderr)
            return 2
    with tempfile.TemporaryDirectory() as folder:
        chosen.kept = chosen.kept or Path(folder) / "kept.jsonl"
        measure = measure_on(chosen.core, chosen.base)
        found = compared(
            [read_data(path, chosen.base, chosen.comparisons) for path in chosen.data], chosen, measure
        )
    rows = [row for data, results in found for row in rows_of(data, results)]
    text = f"{table.table(COLUMNS, rows)}\n\n{remarks(found, chosen)}"
    print(text)
    if not chosen.quick:
        table.put(PAGE, "rankings", text)
    return 0


def compared(files: Sequence[Data], chosen: Namespace, measure: Measure) -> list[Compared]:
    """All files by both ways, who take turns; a seed after the other."""
    rates = [{way: best_rate(data, way, chosen, measure) for way in WAYS} for data in files]
    found: list[Compared] = [(data, {way: [] for way in WAYS}) for data in files]
    for seed in range(chosen.seeds):
        for (data, results), rate in zip(found, rates, strict=True):
            for way in WAYS:
                case = case_of(data, False, way, rate[way], seed, chosen)
                results[way].append(keep(chosen.kept, data, case, measure))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
