"""`tutelage data prepare`: of what users asked of served models, the prompts that the method may use (§3.2)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tutelage.cli.data import StoreOption, open_existing
from tutelage.cli.endpoints import (
    CacheOption,
    Endpoint,
    KeyOption,
    PriceInOption,
    PriceOutOption,
    YesOption,
    endpoint_of,
    told,
)
from tutelage.cli.label import demand_label
from tutelage.cli.world import beside
from tutelage.data import Finder, Limits, Prepared, find_personal_information, prepare, use_case_of
from tutelage.data.counts import SOURCES, by_use_case, table_6
from tutelage.data.pii.presidio import is_installed, presidio_finder
from tutelage.schema import TABLE_1, InputError, Split, UseCase
from tutelage.store import PREPARED, View

CHARACTERS_A_TOKEN = 4
"""Of English, with the usual tokenizers; where no tokenizer is named."""
Sorter = Callable[[Sequence[str]], Sequence[UseCase]]


def prepare_collected(
    store: StoreOption = "tutelage.db",
    limit: Annotated[
        int | None,
        typer.Option(min=1, help=f"Tokens of a prompt; else the recipe's of the run, or {Limits.tokens}."),
    ] = None,
    tokenizer: Annotated[
        str | None,
        typer.Option(
            help="Whose tokens: a model's folder. Without it four characters are one.", metavar="MODEL"
        ),
    ] = None,
    per_user: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Prompts of one user at most, over all calls; else the recipe's of the run, or "
            f"{Limits.per_user}.",
        ),
    ] = None,
    near: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            max=1,
            help=f"From which share of common runs of words two are the same; else {Limits.near}.",
        ),
    ] = None,
    drop_personal: Annotated[
        bool,
        typer.Option("--drop-personal", help="Leave prompts with personal information out, not redacted in."),
    ] = False,
    valid: Annotated[
        float | None,
        typer.Option(min=0, max=1, help=f"Share of the users on the valid side; else {Limits.valid}."),
    ] = None,
    test: Annotated[
        float | None,
        typer.Option(min=0, max=1, help=f"Share of the users on the test side; else {Limits.test}."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help=f"Another seed divides new users otherwise; else {Limits.seed}.")
    ] = None,
    judge_endpoint: Annotated[
        str | None, typer.Option(help="A model says the use cases: OpenAI-compatible.", metavar="URL")
    ] = None,
    judge_model: Annotated[str | None, typer.Option(help="The model's name there.")] = None,
    api_key_variable: KeyOption = None,
    cache: CacheOption = "use_cases.jsonl",
    price_in: PriceInOption = None,
    price_out: PriceOutOption = None,
    yes: YesOption = False,
    show: Annotated[
        int, typer.Option(min=0, help="Show so many places with personal information, redacted.")
    ] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Add nothing, and ask no model.")] = False,
) -> None:
    """Make prompts of what was collected: filtered, sorted by use case, split by user. Call it again later for more.

    They go into the batch `collected`, where `tutelage run --continue` takes them from.
    """
    given: dict[str, Any] = {
        "near": near,
        "per_user": per_user,
        "tokens": limit,
        "valid": valid,
        "test": test,
        "seed": seed,
    }
    limits = replace(
        limits_of(store),
        drop_personal=drop_personal,
        **{name: value for name, value in given.items() if value is not None},
    )
    if limits.valid + limits.test > 1:
        raise InputError("are more than all users", "--valid, --test", "lower one")
    console = Console()
    asked = endpoint_of(
        judge_endpoint, judge_model, api_key_variable, cache, price_in, price_out, yes, prefix="judge-"
    )
    with open_existing(store) as database:
        prepared = database.prompts(batch=PREPARED)
        own = set(prepared)
        others = [prompt for prompt in database.prompts() if prompt not in own]
        result = prepare(
            database.collection.prompts(),
            find=finder(console),
            tokens_of=counter(tokenizer),
            use_cases_of=by_rules if asked is None or dry_run else by_model(asked, console),
            limits=limits,
            prepared=prepared,
            others=others,
        )
        if not dry_run:
            database.add_prompts(result.prompts, PREPARED)
        tell(console, result, show, dry_run)
        console.print(counts_of(database))
        console.print(use_cases_table(by_use_case(database.prompts(batch=PREPARED))))


def finder(console: Console) -> Finder:
    """Presidio's recognisers beside our patterns; these alone, and a word about it, where it is not installed."""
    if is_installed():
        return presidio_finder()
    console.print(
        "Personal information is looked for by the built-in patterns alone; pip install 'tutelage[privacy]' adds "
        "national telephone numbers and identity numbers.",
        highlight=False,
        markup=False,
    )
    return find_personal_information


def limits_of(store: str) -> Limits:
    """The limits where nobody asks for others: the paper's, or those of the run that the store lies in."""
    recipe = beside(store, "recipe.yaml")
    if recipe is None:
        return Limits()
    from tutelage.recipe import load_recipe

    data = load_recipe(str(recipe)).data
    return Limits(tokens=data.max_prompt_tokens, per_user=data.prompts_per_user)


def counter(tokenizer: str | None) -> Callable[[str], int]:
    """Counts a text's tokens: as the model in this folder reads a prompt, in its template, or about."""
    if tokenizer is None:
        return lambda text: -(-len(text) // CHARACTERS_A_TOKEN)
    if not Path(tokenizer).is_dir():
        raise InputError("no such folder", f"--tokenizer {tokenizer}", "name a model's folder")
    from tutelage.data import template_for
    from tutelage.models import load_tokenizer

    loaded = load_tokenizer(tokenizer)
    template = template_for(loaded)
    return lambda text: len(template.encode_prompt(loaded, text))


def by_rules(texts: Sequence[str]) -> list[UseCase]:
    """The use case of each text by our rules."""
    return [use_case_of(text) for text in texts]


def by_model(endpoint: Endpoint, console: Console) -> Sorter:
    """Asks a model behind an endpoint; what it will cost is told first. Ends the command where that is too much."""
    demand_label()
    from tutelage.labelers.judge import Cache, Prices
    from tutelage.labelers.judge.use_cases import EndpointUseCases

    def sort(texts: Sequence[str]) -> list[UseCase]:
        with (
            Cache(endpoint.cache) as replies,
            EndpointUseCases(
                endpoint.url, endpoint.model, cache=replies, api_key_variable=endpoint.api_key_variable
            ) as judge,
        ):
            prices = None if endpoint.prices is None else Prices(*endpoint.prices)
            console.print(told(judge.estimate(texts, prices=prices)), highlight=False)
            if not endpoint.agreed and not typer.confirm("Ask?"):
                raise typer.Exit
            return judge(texts)

    return sort


def tell(console: Console, result: Prepared, show: int, dry_run: bool) -> None:
    """What each filter took, and what was found."""
    table = Table("filter", "taken", "left", "why")
    for step in result.steps:
        table.add_row(step.name, str(step.taken), str(step.left), step.why)
    console.print(table)
    if result.found:
        found = ", ".join(f"{count} {form}" for form, count in result.found.items())
        console.print(f"Personal information found: {found}", highlight=False)
    for excerpt in result.excerpts[:show]:
        console.print(f"  … {excerpt} …", highlight=False, markup=False, emoji=False, soft_wrap=True)
    splits = ", ".join(
        f"{sum(prompt.split is split for prompt in result.prompts)} {split}" for split in Split
    )
    verb = "would be added" if dry_run else f"added to batch {PREPARED!r}"
    console.print(f"{len(result.prompts)} prompts {verb}: {splits}", highlight=False)


def counts_of(view: View) -> Table:
    """The store's prompts as the paper's table 6 counts them."""
    counts = table_6(view)
    table = Table(
        "split", "source", "SFT", "reward", "PPO", title="Prompts, as in table 6", title_justify="left"
    )
    for split in Split:
        for source in SOURCES:
            row = [counts[step].get(f"{split} {source}", 0) for step in ("sft", "reward", "ppo")]
            if any(row):
                table.add_row(split, source, *map(str, row))
    return table


def use_cases_table(counts: Mapping[UseCase, int]) -> Table:
    """Collected prompts by use case, beside the paper's table 1."""
    table = Table("use case", "prompts", "%", "paper, %", title="Collected prompts", title_justify="left")
    total = sum(counts.values())
    for use_case, count in counts.items():
        table.add_row(use_case, str(count), f"{count / total:.1%}"[:-1], str(TABLE_1[use_case]))
    return table
