"""A model behind an OpenAI-compatible endpoint as a judge: the options that name it, and what it will cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from tutelage.schema import InputError

if TYPE_CHECKING:
    from tutelage.labelers.judge import CostEstimate

KeyOption = Annotated[
    str | None,
    typer.Option(
        "--api-key-variable", help="The environment variable that holds the endpoint's key.", metavar="NAME"
    ),
]
CacheOption = Annotated[
    str, typer.Option(help="Where replies are kept, so that none is paid twice.", metavar="FILE")
]
PriceInOption = Annotated[
    float | None, typer.Option("--price-in", min=0, help="Of a million tokens sent to the endpoint.")
]
PriceOutOption = Annotated[
    float | None, typer.Option("--price-out", min=0, help="Of a million tokens received from it.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask before it costs something.")]


@dataclass(frozen=True)
class Endpoint:
    """Whom to ask, at what prices of a million tokens sent and received, and where the replies are kept.

    agreed: whether it may cost something.
    """

    url: str
    model: str
    api_key_variable: str | None
    cache: str
    prices: tuple[float, float] | None
    agreed: bool


def endpoint_of(
    url: str | None,
    model: str | None,
    api_key_variable: str | None,
    cache: str,
    price_in: float | None,
    price_out: float | None,
    agreed: bool,
    prefix: str = "",
) -> Endpoint | None:
    """The endpoint that the options name, if they do; prefix: of the options for its address and its model.

    Raises:
        InputError: options that do not go together.
    """
    others = {
        f"--{prefix}model": model,
        "--api-key-variable": api_key_variable,
        "--price-in": price_in,
        "--price-out": price_out,
    }
    refuse_without(f"--{prefix}endpoint", url, others)
    if url is None:
        return None
    if model is None:
        raise InputError("which of the endpoint's models?", f"--{prefix}model", "name it")
    if (price_in is None) != (price_out is None):
        raise InputError("one price is missing", "--price-in, --price-out", "give both, or none")
    prices = None if price_in is None or price_out is None else (price_in, price_out)
    return Endpoint(url, model, api_key_variable, cache, prices, agreed)


def refuse_without(option: str, given: object, others: Mapping[str, object]) -> None:
    """Raises InputError for options that mean nothing without another, or an argument."""
    for name, value in others.items():
        if value is not None and given is None:
            raise InputError(f"means nothing without {option}", name, "leave it out")


def told(estimate: "CostEstimate") -> str:
    """What it will cost, before it does."""
    usage = estimate.usage
    cost = "" if estimate.cost is None else f", costing at most about {estimate.cost:.2f}"
    return (
        f"{estimate.requests:,} requests, {estimate.cached:,} answered already; about {usage.prompt_tokens:,} tokens "
        f"to send and at most {usage.completion_tokens:,} to receive{cost}"
    )
