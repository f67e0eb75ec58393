"""`tutelage keys`: who may use the served models."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from tutelage.cli.data import StoreOption, open_existing, place_of, require_folder
from tutelage.store import Store

app = typer.Typer(help="Who may use the served models.", no_args_is_help=True, rich_markup_mode=None)
WIDE = 400
"""Characters of a line that no person's screen has to hold: one line a key, also of the longest names."""
NameArgument = Annotated[str, typer.Argument(help="What the key is called here.")]


@app.command()
def create(
    name: NameArgument,
    user: Annotated[
        str | None, typer.Option(help="Under which id its prompts are kept; a new one without.")
    ] = None,
    requests_per_minute: Annotated[
        int | None, typer.Option(min=1, help="Requests a minute at most; the server's limit without.")
    ] = None,
    tokens_per_minute: Annotated[
        int | None, typer.Option(min=1, help="Tokens a minute at most, prompts and completions together.")
    ] = None,
    longest_completion: Annotated[
        int | None, typer.Option(min=1, help="Tokens of a completion at most.")
    ] = None,
    store: StoreOption = "tutelage.db",
) -> None:
    """Make a key and show it, once: the store keeps only its hash."""
    place = place_of(store)
    require_folder(place)
    with Store(place) as database:
        secret = database.keys.make(
            name,
            user=user,
            requests_per_minute=requests_per_minute,
            tokens_per_minute=tokens_per_minute,
            longest_completion=longest_completion,
        )
    print(secret)


@app.command("list")
def list_keys(store: StoreOption = "tutelage.db") -> None:
    """Every key, without its secret."""
    with open_existing(store) as database:
        keys = database.keys.all()
    headings = ("name", "user", "requests a minute", "tokens a minute", "longest", "made", "")
    table = Table(*(Column(heading, overflow="fold") for heading in headings))
    for key in keys:
        limits = (key.requests_per_minute, key.tokens_per_minute, key.longest_completion)
        made = datetime.fromtimestamp(key.at, UTC).strftime("%Y-%m-%d")
        shown = ("" if limit is None else str(limit) for limit in limits)
        table.add_row(Text(key.name), Text(key.user), *shown, made, "revoked" if key.revoked else "")
    console = Console()
    (console if console.is_terminal else Console(width=WIDE)).print(table)


@app.command()
def revoke(name: NameArgument, store: StoreOption = "tutelage.db") -> None:
    """Have a key of no use from the next request on."""
    with open_existing(store) as database:
        database.keys.revoke(name)
    print(f"{name} is revoked")
