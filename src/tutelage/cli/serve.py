"""`tutelage serve`: models behind an API like OpenAI's."""

from collections.abc import Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

import typer

from tutelage.cli.data import place_of, require_folder
from tutelage.cli.label import here
from tutelage.cli.models import is_run, longest_answer, named_folders, split_address
from tutelage.schema import InputError
from tutelage.store import Store

if TYPE_CHECKING:
    from tutelage.serving.served import Served

PACKAGES = ("argon2", "fastapi", "itsdangerous", "jinja2", "prometheus_client", "python_multipart", "uvicorn")


def serve(
    places: Annotated[
        list[str],
        typer.Argument(
            help="A run's folder (its best model), RUN:NAME,NAME, or models' folders.", metavar="RUN_OR_MODEL"
        ),
    ],
    models: Annotated[str | None, typer.Option(help="Of one run, e.g. base,sft,ppo_ptx.")] = None,
    host: Annotated[
        str, typer.Option(help="0.0.0.0 lets other machines in; then put it behind TLS.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    store: Annotated[
        str | None,
        typer.Option(
            help="Where keys are, and what is collected; a run's own, or else tutelage.db.", metavar="STORE"
        ),
    ] = None,
    rows: Annotated[int, typer.Option(min=1, max=4096, help="Completions drawn together, of a model.")] = 64,
    queue: Annotated[
        int, typer.Option(min=0, help="Completions that may wait before requests are refused.")
    ] = 64,
    collect: Annotated[
        bool, typer.Option("--collect", help="Keep prompts and answers; every answer says so.")
    ] = False,
    open_to_all: Annotated[
        bool, typer.Option("--open", help="Serve also who has no key, wherever they are.")
    ] = False,
    requests_per_minute: Annotated[
        int | None, typer.Option(min=1, help="Of each key without a limit of its own, or each address.")
    ] = None,
    tokens_per_minute: Annotated[
        int | None, typer.Option(min=1, help="Prompts and completions together, of each of them.")
    ] = None,
    longest_completion: Annotated[
        int | None, typer.Option(min=1, help="Tokens of a completion at most.")
    ] = None,
    precision: Annotated[
        Literal["auto", "fp32", "bf16"],
        typer.Option(help="Of matrix products; texts are those of tutelage chat with fp32."),
    ] = "fp32",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    grace: Annotated[
        float, typer.Option(min=0, max=86_400, help="Seconds for answers under way when it is stopped.")
    ] = 30.0,
    tls: Annotated[
        bool, typer.Option("--tls", help="It stands behind a proxy that does TLS; cookies never go without.")
    ] = False,
    url: Annotated[
        str | None,
        typer.Option("--url", help="Where it is reached, by a proxy on this machine.", metavar="URL"),
    ] = None,
) -> None:
    """Serve models by an API like OpenAI's, until Ctrl-C; answers under way are finished."""
    demand_serve()
    folders = folders_to_serve(places, models)
    database_place = store_of(places, store)
    require_folder(database_place)
    address = here(host, port, False) if url is None else web_address(url)
    from tutelage.rollout import Service
    from tutelage.serving.app import create_app
    from tutelage.serving.door import require_guard
    from tutelage.serving.server import serve as carry_out
    from tutelage.serving.settings import Allowance, Settings
    from tutelage.web.address import bound

    behind_proxy = tls or url is not None
    settings = Settings(
        queue=queue,
        open=open_to_all,
        collect=collect,
        allowance=Allowance(requests_per_minute, tokens_per_minute, longest_completion),
        secure=tls or address.lower().startswith("https:"),
    )
    with ExitStack() as stack:
        listener = stack.enter_context(bound(host, port))
        served = load(folders, device)  # what is no model leaves no new database behind
        database = stack.enter_context(Store(database_place))
        require_guard(database, host, behind_proxy, open_to_all)
        samplers = {name: each.sampler for name, each in served.items()}
        with Service(samplers, rows=rows, precision=precision) as service:
            app = create_app(database, service, served, settings)
            keys = "with a key" if app.state.desk.door.guarded else "open to whoever reaches it"
            kept = "prompts and answers are kept" if collect else "nothing of prompts is kept"

            def tell() -> None:
                print(f"Serving {', '.join(folders)} at {address}/v1, {keys}; {kept}.", flush=True)
                print(f"The playground is at {address}/.", flush=True)
                print("Ctrl-C ends it: answers under way are finished.", flush=True)

            carry_out(app, listener, grace, tell, behind_proxy)


def load(folders: dict[str, str], device: str) -> "dict[str, Served]":
    """The models by name. Raises InputError for what is no model."""
    from tutelage.models import load_policy, load_tokenizer
    from tutelage.pipeline.device import choose_device
    from tutelage.pipeline.display import silence_transformers
    from tutelage.rollout import Sampler
    from tutelage.serving.served import Served

    silence_transformers()
    place = choose_device(device)
    served = {}
    for name, folder in folders.items():
        print(f"loading {name} from {folder}", flush=True)
        sampler = Sampler(load_policy(folder, device=place), load_tokenizer(folder))
        served[name] = Served(name, sampler, longest_answer(folder), folder)
    return served


def folders_to_serve(places: Sequence[str], models: str | None) -> dict[str, str]:
    """Name -> folder of every model meant. Raises InputError where --models is given with anything but one run."""
    if models is None:
        return named_folders(places)
    if len(places) != 1 or not is_run(places[0]):
        raise InputError("names models of one run", "--models", "name a run's folder, or write RUN:NAME,NAME")
    return named_folders([f"{places[0]}:{models}"])


def store_of(places: Sequence[str], store: str | None) -> str:
    """The database: the one that is named, or that of the first run among the places."""
    if store is not None:
        return place_of(store)
    runs = [place if is_run(place) else split_address(place)[0] for place in places]
    first = next((run for run in runs if run is not None), None)
    return "tutelage.db" if first is None else str(Path(first) / "tutelage.db")


def web_address(url: str) -> str:
    """A URL of the web, without a slash at its end. Raises InputError for anything else."""
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, or half an address of IPv6
        is_web = False
    if not is_web:
        raise InputError("is no URL of the web", f"--url {url}", "give http://NAME or https://NAME")
    return url.rstrip("/")


def demand_serve() -> None:
    """Raises InputError where the server's packages are not installed."""
    for package in PACKAGES:
        if find_spec(package) is None:
            raise InputError(f"this command needs {package}", remedy="pip install 'tutelage[train,serve]'")
