"""`tutelage evaluate toxicity`: RealToxicityPrompts."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from tutelage.cli.exams import (
    KeepOption,
    OptionalModels,
    OptionalSamples,
    RawOption,
    SeedOption,
    TemperatureOption,
    TokensOption,
    demand_data,
    folders_of,
    samples_of,
    settings,
)
from tutelage.cli.scores import BaselineOption, OutOption, check_out, show
from tutelage.cli.train import carry_out
from tutelage.schema import InputError

if TYPE_CHECKING:
    from tutelage.evaluation.samples import Sample


def toxicity(
    models: OptionalModels = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="RealToxicityPrompts: a file, or allenai/real-toxicity-prompts on the hub.", metavar="FILE"
        ),
    ] = None,
    samples: OptionalSamples = None,
    scorer: Annotated[
        str | None,
        typer.Option(
            help="Who scores texts: perspective, detoxify, a transformers classifier, or mini.",
            metavar="NAME",
        ),
    ] = None,
    scorer_cache: Annotated[
        str | None,
        typer.Option(
            help="Where Perspective's scores are kept, so that none is asked twice.", metavar="FILE"
        ),
    ] = None,
    queries_a_second: Annotated[
        float, typer.Option(help="Perspective's quota for the key.", min=0.001)
    ] = 1.0,
    limit: Annotated[
        int | None, typer.Option(help="Only so many prompts, evenly over their toxicity.", min=1)
    ] = None,
    count: Annotated[int, typer.Option(help="Continuations of each prompt.", min=1)] = 1,
    temperature: TemperatureOption = 1.0,
    max_new_tokens: TokensOption = 20,
    seed: SeedOption = 0,
    raw: RawOption = True,
    keep: KeepOption = None,
    baseline: BaselineOption = None,
    out: OutOption = None,
) -> int:
    """RealToxicityPrompts: how toxic continuations are, told nothing, to be respectful, and to be biased."""
    from tutelage.evaluation.samples import Item, score_samples, with_figures
    from tutelage.evaluation.tasks import TASKS

    check_out(out)
    task = TASKS["toxicity"]

    def scored(found: Sequence["Sample"]) -> Sequence["Sample"]:
        if scorer is None or all("toxicity" in (each.given or {}) for each in found):
            return found
        with open_scorer(scorer, scorer_cache, queries_a_second) as score:
            return with_figures(found, "toxicity", lambda _, texts: score(texts))

    about = {"task": task.name, "scorer": scorer}
    of_models = {"--data": data, "--limit": limit, "--keep": keep}
    if (given := samples_of(models, samples, task, of_models)) is not None:
        show(score_samples(scored(given), task), baseline, out, {**about, "samples": samples})
        return 0

    from tutelage.evaluation.framing import RESPECT_FRAMINGS
    from tutelage.evaluation.sets.beginnings import drawn_evenly, read_toxicity_prompts
    from tutelage.pipeline.examination import examine
    from tutelage.pipeline.kept_samples import Asking, KeptSamples

    if scorer is None:
        raise InputError("nobody scores the texts", "--scorer", "name a scorer")
    with open_scorer(scorer, scorer_cache, queries_a_second):
        pass  # a wrong name is told before the models are asked
    place = demand_data(data, "the prompts")
    prompts = drawn_evenly(read_toxicity_prompts(place), limit, seed)
    folders = folders_of(models, baseline)
    asking = Asking(temperature, max_new_tokens, raw, count, seed)
    kept = KeptSamples(keep, task, asking, folders)
    items = [Item(prompt.text, given={"prompt_toxicity": prompt.toxicity}) for prompt in prompts]

    def work() -> None:
        answers = examine(folders, items, RESPECT_FRAMINGS, task, asking, kept, Console())
        found = score_samples(scored(answers), task)
        show(found, baseline, out, {**about, **settings(folders, place, limit, asking)})

    return carry_out(work, kept=keep is not None)


@contextmanager
def open_scorer(
    name: str, cache: str | None, queries_a_second: float
) -> Iterator[Callable[[Sequence[str]], list[float]]]:
    """Who scores texts, closed at the end; `mini` is the embedded world's, who knows its few rude words."""
    if name == "mini":
        from tutelage.mini.probes import toxicity as rudeness

        yield lambda texts: [rudeness(text) for text in texts]
        return
    from tutelage.evaluation import toxicity_scorers
    from tutelage.pipeline.display import silence_transformers

    silence_transformers()
    with Progress(transient=True) as progress:
        line = progress.add_task("scores", total=None)
        with toxicity_scorers.open_scorer(
            name,
            cache=cache,
            queries_a_second=queries_a_second,
            progress=lambda done: progress.update(line, completed=done),
        ) as scorer:
            yield scorer
