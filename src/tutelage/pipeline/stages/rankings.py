"""Step 2, collecting comparisons: candidates ranked by simulated labelers, each prompt's by one (§3.4)."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

from tutelage.data import derive
from tutelage.labelers import Annotator
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.source import Labelers
from tutelage.pipeline.stages.candidates import Demonstrators, Mixture, sample_candidates
from tutelage.pipeline.workbench import Workbench
from tutelage.schema import Completion, Group, Prompt, Ranking, Split


def rank_samples(bench: Workbench, labelers: Labelers, mixture: Mixture) -> Findings:
    """Sample K candidates a prompt, let one training labeler rank each prompt's, and store both."""
    annotators = labelers.annotators(Group.training, bench.findings("labelers")["noise"]["training"])

    def keep(completions: list[Completion]) -> None:
        rankings = list(rank(completions, annotators, bench.recipe.seed, mixture.chance))
        bench.store.add_completions(completions, batch=bench.batch())
        bench.store.add_rankings(rankings, batch=bench.batch())

    sample_candidates(bench, mixture, Demonstrators(annotators, labelers.knows), keep)
    stored = bench.store.rankings(batch=bench.batch())
    mean = sum(len(ranking.completions) for ranking in stored) / max(len(stored), 1)
    bench.display.say(f"  {len(stored)} rankings of {mean:.1f} completions in the mean")
    by_split = {
        split: sum(ranking.prompt.split == split for ranking in stored)
        for split in (Split.train, Split.valid)
    }
    return {
        "rankings": by_split[Split.train],
        "validation_rankings": by_split[Split.valid],
        "mean_completions": mean,
    }


def rank(
    completions: Sequence[Completion], annotators: Sequence[Annotator], seed: int, chance_name: str
) -> Iterator[Ranking]:
    """A ranking by one labeler of each prompt's completions; equal texts are shown once."""
    of_prompt: dict[Prompt, dict[str, Completion]] = defaultdict(dict)
    for completion in completions:
        of_prompt[completion.prompt].setdefault(completion.text, completion)
    for prompt, distinct in of_prompt.items():
        if len(distinct) < 2:
            continue
        chance = random.Random(derive(seed, chance_name, "ranking", prompt.id))
        shown = list(distinct.values())
        chance.shuffle(shown)
        annotator = chance.choice(annotators)
        texts = tuple(completion.text for completion in shown)
        yield Ranking(
            prompt=prompt,
            completions=texts,
            ranks=annotator.rank(prompt, texts),
            labeler=annotator.labeler.name,
            sources=tuple(completion.source for completion in shown),
        )
