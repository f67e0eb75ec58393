"""`tutelage labelers judge`: who is no person ranks what models said; the rankings lie beside people's."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from tutelage.cli.data import StoreOption, open_existing
from tutelage.cli.endpoints import (
    CacheOption,
    Endpoint,
    KeyOption,
    PriceInOption,
    PriceOutOption,
    YesOption,
    endpoint_of,
    refuse_without,
    told,
)
from tutelage.cli.judging import Bench, Contest, contest_of
from tutelage.cli.label import demand_label
from tutelage.cli.rewards import reward_model_at
from tutelage.cli.world import noise_of, require_known, require_nobody, seed_of
from tutelage.schema import Group, InputError, Ranking, Split

if TYPE_CHECKING:
    from tutelage.evaluation import Ranker


def judge(
    completions: Annotated[
        str, typer.Option(help="The batch of what is compared: several models' samples.", metavar="BATCH")
    ],
    endpoint: Annotated[
        str | None,
        typer.Option(help="A model judges: OpenAI-compatible, before /chat/completions.", metavar="URL"),
    ] = None,
    model: Annotated[str | None, typer.Option(help="The judge's name there.")] = None,
    reward_model: Annotated[
        str | None, typer.Option(help="A reward model judges, by its scores.", metavar="FOLDER")
    ] = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="The embedded world's labelers of both groups judge.")
    ] = False,
    split: Annotated[Split | None, typer.Option(help="Only prompts of this split.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many prompts at most.")] = None,
    api_key_variable: KeyOption = None,
    cache: CacheOption = "judge.jsonl",
    price_in: PriceInOption = None,
    price_out: PriceOutOption = None,
    yes: YesOption = False,
    seed: Annotated[
        int | None, typer.Option(help="The embedded world's; else that of the store's run.")
    ] = None,
    noise: Annotated[
        float | None,
        typer.Option(min=0, max=1000, help="Of the simulated; else that of the store's run, or 1."),
    ] = None,
    store: StoreOption = "tutelage.db",
    batch: Annotated[str, typer.Option(help="Name for the rankings that come out.")] = "judged",
) -> None:
    """Have a model, a reward model or simulated labelers judge models; go on after Ctrl-C with the same command.

    A prompt that the batch has a judge's ranking of is not judged by it again, so nothing is stored twice.
    """
    if sum((endpoint is not None, reward_model is not None, simulated)) != 1:
        raise InputError(
            "who judges?", "labelers judge", "give one of --endpoint, --reward-model and --simulated"
        )
    asked = endpoint_of(endpoint, model, api_key_variable, cache, price_in, price_out, yes)
    refuse_without("--simulated", simulated or None, {"--seed": seed, "--noise": noise})
    console = Console()
    with open_existing(store) as database:
        contest = contest_of(database, completions, split, limit)
        bench = Bench(database, batch)
        if asked is not None:
            ask_endpoint(bench, contest, asked, console)
        elif reward_model is not None:
            ask_reward_model(bench, contest, reward_model, console)
        else:
            world = seed_of(store) if seed is None else seed
            noises = noise_of(store) if noise is None else dict.fromkeys(Group, noise)
            ask_simulated(bench, contest, world, noises, console)


def ask_endpoint(bench: Bench, contest: Contest, endpoint: Endpoint, console: Console) -> None:
    """A model behind an endpoint compares each two outputs in both orders; what it will cost is told first."""
    demand_label()
    from tutelage.labelers.judge import Cache, ModelJudge, Prices

    with (
        Cache(endpoint.cache) as replies,
        ModelJudge(
            endpoint.url, endpoint.model, cache=replies, api_key_variable=endpoint.api_key_variable
        ) as asked,
    ):
        left = bench.left(contest, asked.labeler)
        if not left.prompts:
            say(console, f"{bench.batch}: {asked.labeler.name} has ranked all {len(contest.prompts)} prompts")
            return
        prices = None if endpoint.prices is None else Prices(*endpoint.prices)
        console.print(told(asked.estimate(left.prompts, left.outputs, prices=prices)), highlight=False)
        if not endpoint.agreed and not typer.confirm("Ask?"):
            return
        with Progress(console=console, transient=True) as progress:
            line = progress.add_task("questions", total=None)
            asked.ask(
                left.prompts,
                left.outputs,
                progress=lambda done, all: progress.update(line, completed=done, total=all),
            )
        bench.rank(contest, asked.labeler, ranked_by(asked))
        done = f"{len(contest.prompts)} rankings by {asked.labeler.name}"
        say(console, f"{bench.batch}: {done}; no verdict to {asked.abstentions} questions")


def ask_reward_model(bench: Bench, contest: Contest, place: str, console: Console) -> None:
    """A reward model ranks by its scores. Raises InputError for an output that it cannot read to the end."""
    address, folder = reward_model_at(place)
    from tutelage.evaluation.model_ranker import ModelRanker
    from tutelage.pipeline.scoring import open_scorer, require_room

    scorer = open_scorer(folder)
    ranker = ModelRanker(f"reward model: {address}", lambda prompts, texts: scorer(prompts, texts).tolist())
    require_room(scorer, contest.prompts, contest.outputs)
    with Progress(console=console, transient=True) as progress:
        line = progress.add_task("prompts", total=len(contest.prompts))
        bench.rank(
            contest,
            ranker.labeler,
            lambda part: ranker.rank_all(part.prompts, part.outputs),
            lambda done: progress.advance(line, done),
        )
    say(console, f"{bench.batch}: {len(contest.prompts)} rankings by {ranker.labeler.name}")


def ask_simulated(
    bench: Bench, contest: Contest, seed: int, noise: Mapping[Group, float], console: Console
) -> None:
    """The world's labelers all rank, and one of each group rates a prompt's outputs, as in a run's final table."""
    from tutelage.mini import World

    world = World(seed)
    require_known(contest.prompts, world.prompts(), seed)
    people = {group: world.annotators(group, noise[group]) for group in Group}
    everybody = [each for own in people.values() for each in own]
    require_nobody(bench.store, [each.labeler.name for each in everybody])
    with Progress(console=console, transient=True) as progress:
        line = progress.add_task("rankings", total=len(contest.prompts) * len(everybody))
        for each in everybody:
            bench.rank(
                contest,
                each.labeler,
                ranked_by(each),
                lambda done: progress.advance(line, done),
            )
        for own in people.values():
            bench.rate(contest, own, seed)
    count = len(contest.prompts)
    by = ", ".join(f"{len(own)} of the group {group}" for group, own in people.items())
    say(console, f"{bench.batch}: rankings and ratings of {count} prompts by simulated labelers, {by}")


def ranked_by(ranker: "Ranker") -> Callable[[Contest], list[Ranking]]:
    """Has a judge rank prompt by prompt, not knowing whose outputs these are."""
    from tutelage.evaluation.preference import rank_outputs

    return lambda part: rank_outputs(part.prompts, part.outputs, [ranker])


def say(console: Console, text: str) -> None:
    """A line as it is: names are no markup."""
    console.print(text, highlight=False, markup=False, emoji=False)
