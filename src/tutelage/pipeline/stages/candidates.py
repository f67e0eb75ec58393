"""Step 2, what labelers rank: K candidates a prompt, of a stated mixture of sources (§3.4, §3.5)."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tutelage.data import derive, template_for
from tutelage.labelers import Annotator
from tutelage.models import load_policy, load_tokenizer
from tutelage.pipeline.prompts import draw
from tutelage.pipeline.source import Prompting
from tutelage.pipeline.workbench import Workbench
from tutelage.recipe import CandidateSource, RankingsRecipe
from tutelage.rollout import Sampler
from tutelage.schema import Completion, Prompt, Split

PROMPTS_AT_ONCE = 400
"""Sampled and stored together; an interruption loses at most these."""


@dataclass(frozen=True)
class Candidate:
    """One completion to be written: for which prompt, by which source of the recipe's mixture."""

    prompt: Prompt
    source: int


@dataclass(frozen=True)
class Mixture:
    """Whose candidates are ranked, and for which prompts.

    prompts_of: the stage whose prompts are asked
    policies: the model folders behind the sources' names
    chance: what the random choices are named after; another name, other choices
    """

    prompts_of: str
    prompting: Prompting
    policies: Mapping[str, Path]
    chance: str


@dataclass(frozen=True)
class Demonstrators:
    """Who writes the candidates that are demonstrations, and whether they can for a prompt."""

    annotators: Sequence[Annotator] = ()
    can: Callable[[Prompt], bool] = lambda _: False


def sample_candidates(
    bench: Workbench,
    mixture: Mixture,
    demonstrators: Demonstrators,
    keep: Callable[[list[Completion]], None],
) -> None:
    """Sample K candidates of as many train and valid prompts as the recipe asks for; `keep` stores a part of them."""
    recipe, seed = bench.recipe.rankings, bench.recipe.seed
    prompts: list[Prompt] = []
    batch = bench.batch(mixture.prompts_of)
    for split, count in ((Split.train, recipe.prompts), (Split.valid, recipe.validation_prompts)):
        prompts += draw(bench.store.prompts(split=split, batch=batch), count, seed, "rankings")
    writers = Writers(bench, recipe.sources, mixture, demonstrators.annotators)

    monitor = bench.monitor()
    done = (monitor.resume() or {"done": 0})["done"]
    chunks = [prompts[start : start + PROMPTS_AT_ONCE] for start in range(0, len(prompts), PROMPTS_AT_ONCE)]
    for number, chunk in enumerate(chunks[done:], start=done + 1):
        candidates = [
            each
            for prompt in chunk
            for each in draw_candidates(prompt, recipe, seed, mixture.chance, demonstrators.can(prompt))
        ]
        keep(writers.write(candidates, derive(seed, mixture.chance, "sampling", number)))
        monitor.step(number, len(chunks), {}, partial(dict[str, int], done=number))


def draw_candidates(
    prompt: Prompt, recipe: RankingsRecipe, seed: int, chance_name: str, demonstrable: bool
) -> list[Candidate]:
    """K, from the recipe's smallest to its largest, and as many sources by their weights; in random order.

    demonstrable: whether somebody can write a demonstration; where nobody can, that source is never drawn
    """
    chance = random.Random(derive(seed, chance_name, "candidates", prompt.id))
    count = chance.randint(recipe.minimum_completions, recipe.maximum_completions)
    weights = [
        source.weight if demonstrable or source.model != "demonstration" else 0.0 for source in recipe.sources
    ]
    return [Candidate(prompt, source) for source in chance.choices(range(len(weights)), weights, k=count)]


class Writers:
    """The sources of a mixture, each ready to write; a model is loaded once, whatever its temperatures."""

    def __init__(
        self,
        bench: Workbench,
        sources: Sequence[CandidateSource],
        mixture: Mixture,
        annotators: Sequence[Annotator],
    ) -> None:
        self._sources = sources
        self._annotators = annotators
        self._stop = {"base_prompted": mixture.prompting.stop}
        self._limit = bench.recipe.data.max_completion_tokens
        loaded = {}
        self._samplers: dict[str, Sampler] = {}
        for name in {source.model for source in sources} - {"demonstration"}:
            folder = mixture.policies[name]
            if folder not in loaded:
                loaded[folder] = load_policy(folder, device=bench.device)
            tokenizer = load_tokenizer(folder)
            template = mixture.prompting.template if name == "base_prompted" else template_for(tokenizer)
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
