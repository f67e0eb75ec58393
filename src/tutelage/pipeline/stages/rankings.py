"""Step 2, collecting comparisons: candidates of a stated mixture of sources, ranked by labelers (§3.4, §3.5)."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tutelage.data import derive, template_for
from tutelage.labelers import Annotator
from tutelage.models import load_policy, load_tokenizer
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.source import Labelers, Prompting
from tutelage.pipeline.stages.data import draw
from tutelage.pipeline.workbench import Workbench
from tutelage.recipe import CandidateSource, RankingsRecipe
from tutelage.rollout import Sampler
from tutelage.schema import Completion, Group, Prompt, Ranking, Split

PROMPTS_AT_ONCE = 400
"""Sampled, ranked and stored together; an interruption loses at most these."""


@dataclass(frozen=True)
class Candidate:
    """One completion to be written: for which prompt, by which source of the recipe's mixture."""

    prompt: Prompt
    source: int


def rank_samples(
    bench: Workbench, labelers: Labelers, prompting: Prompting, policies: Mapping[str, Path]
) -> Findings:
    """Sample K candidates a prompt, let one training labeler rank each prompt's, and store both.

    policies: the model folders behind the sources' names
    """
    recipe, seed = bench.recipe.rankings, bench.recipe.seed
    prompts: list[Prompt] = []
    for split, count in ((Split.train, recipe.prompts), (Split.valid, recipe.validation_prompts)):
        prompts += draw(bench.store.prompts(split=split, batch=bench.batch("data")), count, seed, "rankings")
    annotators = labelers.annotators(Group.training, bench.findings("labelers")["noise"]["training"])
    writers = Writers(bench, recipe.sources, policies, prompting, annotators)

    monitor = bench.monitor()
    done = (monitor.resume() or {"done": 0})["done"]
    chunks = [prompts[start : start + PROMPTS_AT_ONCE] for start in range(0, len(prompts), PROMPTS_AT_ONCE)]
    for number, chunk in enumerate(chunks[done:], start=done + 1):
        candidates = [each for prompt in chunk for each in draw_candidates(prompt, recipe, seed, bench.stage)]
        completions = writers.write(candidates, derive(seed, bench.stage, "sampling", number))
        rankings = list(rank(completions, annotators, seed, bench.stage))
        bench.store.add_completions(completions, batch=bench.batch())
        bench.store.add_rankings(rankings, batch=bench.batch())
        monitor.step(number, len(chunks), {}, partial(dict[str, int], done=number))

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


def draw_candidates(prompt: Prompt, recipe: RankingsRecipe, seed: int, stage: str) -> list[Candidate]:
    """K, from the recipe's smallest to its largest, and as many sources by their weights; in random order."""
    chance = random.Random(derive(seed, stage, "candidates", prompt.id))
    count = chance.randint(recipe.minimum_completions, recipe.maximum_completions)
    weights = [source.weight for source in recipe.sources]
    return [Candidate(prompt, source) for source in chance.choices(range(len(weights)), weights, k=count)]


def rank(
    completions: Sequence[Completion], annotators: Sequence[Annotator], seed: int, stage: str
) -> Iterator[Ranking]:
    """A ranking by one labeler of each prompt's completions; equal texts are shown once."""
    of_prompt: dict[Prompt, dict[str, Completion]] = defaultdict(dict)
    for completion in completions:
        of_prompt[completion.prompt].setdefault(completion.text, completion)
    for prompt, distinct in of_prompt.items():
        if len(distinct) < 2:
            continue
        chance = random.Random(derive(seed, stage, "ranking", prompt.id))
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


class Writers:
    """The sources of a mixture, each ready to write; a model is loaded once, whatever its temperatures."""

    def __init__(
        self,
        bench: Workbench,
        sources: Sequence[CandidateSource],
        policies: Mapping[str, Path],
        prompting: Prompting,
        annotators: Sequence[Annotator],
    ) -> None:
        self._sources = sources
        self._annotators = annotators
        self._stop = {"base_prompted": prompting.stop}
        self._limit = bench.recipe.data.max_completion_tokens
        loaded = {}
        self._samplers: dict[str, Sampler] = {}
        for name in {source.model for source in sources} - {"demonstration"}:
            folder = policies[name]
            if folder not in loaded:
                loaded[folder] = load_policy(folder, device=bench.device)
            tokenizer = load_tokenizer(folder)
            template = prompting.template if name == "base_prompted" else template_for(tokenizer)
            self._samplers[name] = Sampler(loaded[folder], tokenizer, template)

    def write(self, candidates: Sequence[Candidate], seed: int) -> list[Completion]:
        """A completion for each candidate, in their order; each source's are sampled together."""
        written: dict[int, Completion] = {}
        for number, source in enumerate(self._sources):
            places = [place for place, candidate in enumerate(candidates) if candidate.source == number]
            prompts = [candidates[place].prompt for place in places]
            completions = self._write(source, prompts, derive(seed, number)) if prompts else []
            written.update(zip(places, completions, strict=True))
        return [written[place] for place in range(len(candidates))]

    def _write(self, source: CandidateSource, prompts: Sequence[Prompt], seed: int) -> list[Completion]:
        if source.model == "demonstration":
            chance = random.Random(seed)
            return [
                Completion(
                    prompt=prompt,
                    text=chance.choice(self._annotators).demonstrate(prompt),
                    source="demonstration",
                    finish_reason="stop",
                )
                for prompt in prompts
            ]
        sampled = self._samplers[source.model].sample(
            [prompt.text for prompt in prompts],
            temperature=source.temperature,
            max_new_tokens=self._limit,
            stop=self._stop.get(source.model, ()),
            seed=seed,
        )
        return [
            Completion(
                prompt=prompt,
                text=samples[0].text,
                source=source.model,
                temperature=source.temperature,
                finish_reason=samples[0].finish_reason,
            )
            for prompt, samples in zip(prompts, sampled, strict=True)
        ]
