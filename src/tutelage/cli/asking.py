"""`tutelage labelers judge`: a model behind an endpoint ranks what models said; its rankings lie beside people's."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from tutelage.cli.data import StoreOption, open_existing
from tutelage.cli.label import demand_label
from tutelage.schema import Completion, InputError, Prompt, Purpose, Split, suggestion

if TYPE_CHECKING:
    from tutelage.labelers.judge import CostEstimate


def judge(
    endpoint: Annotated[
        str, typer.Option(help="OpenAI-compatible, before /chat/completions.", metavar="URL")
    ],
    model: Annotated[str, typer.Option(help="The judge's name there.")],
    completions: Annotated[
        str, typer.Option(help="The batch of what is compared: several models' samples.", metavar="BATCH")
    ],
    split: Annotated[Split | None, typer.Option(help="Only prompts of this split.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many prompts at most.")] = None,
    api_key_variable: Annotated[
        str | None, typer.Option(help="The environment variable that holds the key.", metavar="NAME")
    ] = None,
    cache: Annotated[
        str, typer.Option(help="Where replies are kept, so that none is paid twice.", metavar="FILE")
    ] = "judge.jsonl",
    price_in: Annotated[float | None, typer.Option(min=0, help="Of a million tokens sent.")] = None,
    price_out: Annotated[float | None, typer.Option(min=0, help="Of a million tokens received.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it costs something.")] = False,
    store: StoreOption = "tutelage.db",
    batch: Annotated[str, typer.Option(help="Name for the rankings that come out.")] = "judged",
) -> None:
    """Have a model judge models, each pair in both orders; go on after Ctrl-C with the same command."""
    demand_label()
    if (price_in is None) != (price_out is None):
        raise InputError("one price is missing", "--price-in, --price-out", "give both, or none")
    from tutelage.evaluation.preference import rank_outputs
    from tutelage.labelers.judge import Cache, ModelJudge, Prices

    console = Console()
    with open_existing(store) as database:
        found = database.completions(batch=completions, split=split)
        batches = sorted({count.batch for count in database.stats() if count.table == "completions"})
        if not found:
            remedy = suggestion(completions, batches) if batches else "sample some: tutelage sample"
            raise InputError("no completions there", f"batch {completions!r}", remedy)
        prompts, outputs = side_by_side(found, limit)
        prices = None if price_in is None or price_out is None else Prices(price_in, price_out)
        with (
            Cache(cache) as replies,
            ModelJudge(endpoint, model, cache=replies, api_key_variable=api_key_variable) as asked,
        ):
            console.print(told(asked.estimate(prompts, outputs, prices=prices)), highlight=False)
            if not yes and not typer.confirm("Ask?"):
                return
            with Progress(console=console, transient=True) as progress:
                line = progress.add_task("questions", total=None)
                asked.ask(
                    prompts,
                    outputs,
                    progress=lambda done, all: progress.update(line, completed=done, total=all),
                )
            rankings = rank_outputs(prompts, outputs, [asked])
            database.add_labelers([asked.labeler])
            database.add_rankings(rankings, batch, Purpose.evaluation)
            abstained = asked.abstentions
    console.print(
        f"{batch}: {len(rankings)} rankings by {asked.labeler.name}; no verdict to {abstained} questions",
        highlight=False,
        markup=False,
    )


def side_by_side(found: Sequence[Completion], limit: int | None) -> tuple[list[Prompt], dict[str, list[str]]]:
    """The prompts that all models answered, and by model its first completion of each.

    Raises:
        InputError: there is one model only, or no prompt that all answered.
    """
    of_prompt: dict[Prompt, dict[str, str]] = {}
    for each in found:
        of_prompt.setdefault(each.prompt, {}).setdefault(each.source, each.text)
    models = list(dict.fromkeys(each.source for each in found))
    if len(models) < 2:
        raise InputError(f"all completions are of {models[0]!r}", "--completions", "sample from two models")
    prompts = [prompt for prompt, texts in of_prompt.items() if len(texts) == len(models)][:limit]
    if not prompts:
        raise InputError(f"no prompt was answered by all of {', '.join(models)}", "--completions")
    return prompts, {model: [of_prompt[prompt][model] for prompt in prompts] for model in models}


def told(estimate: "CostEstimate") -> str:
    """What it will cost, before it does."""
    usage = estimate.usage
    cost = "" if estimate.cost is None else f", costing at most about {estimate.cost:.2f}"
    return (
        f"{estimate.requests:,} requests, {estimate.cached:,} answered already; about {usage.prompt_tokens:,} tokens "
        f"to send and at most {usage.completion_tokens:,} to receive{cost}"
    )
