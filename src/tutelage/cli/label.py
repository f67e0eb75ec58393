"""`tutelage label`: the labelers' web app, and what is put into its queue."""

import os
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Annotated

import typer

from tutelage.cli.data import StoreOption, open_existing, place_of, prompts_of
from tutelage.labelers.policy import overlaps
from tutelage.schema import Group, InputError, Kind, Role, Split, Task, TaskKind, UseCase, suggestion
from tutelage.store import Store

app = typer.Typer(
    help="The web app in which labelers write, rank and rate.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
BatchOption = Annotated[str, typer.Option("--batch", help="Name for the judgments that come out.")]
OverlapOption = Annotated[
    int, typer.Option("--overlap", min=1, max=1000, help="How many labelers of a group see the same item.")
]
AgreementOption = Annotated[
    int | None,
    typer.Option(
        "--agreement-overlap",
        min=1,
        max=1000,
        help="How many see those items on which agreement is measured.",
    ),
]
ShareOption = Annotated[
    float | None,
    typer.Option("--agreement-share", min=0, max=1, help="The share of items of --agreement-overlap."),
]
PriorityOption = Annotated[
    int, typer.Option("--priority", min=-1_000_000, max=1_000_000, help="Higher goes first.")
]
LimitOption = Annotated[int | None, typer.Option("--limit", min=1, help="So many prompts at most.")]
CompletionsOption = Annotated[
    str, typer.Option("--completions", help="The batch of the outputs.", metavar="BATCH")
]
MostOption = Annotated[
    int, typer.Option(min=2, max=9, help="Outputs of a prompt at most; of more, some are drawn.")
]
SplitOption = Annotated[Split | None, typer.Option("--split", help="Only prompts of this split.")]


@app.callback()
def serve(
    context: typer.Context,
    store: StoreOption = "tutelage.db",
    host: Annotated[
        str, typer.Option(help="0.0.0.0 lets other machines in; then put it behind TLS.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8080,
    workers: Annotated[int, typer.Option(min=1, help="Processes; one serves dozens of labelers.")] = 1,
    lease_minutes: Annotated[
        float, typer.Option(min=1, max=10_080, help="An item that nobody touches for so long goes back.")
    ] = 30.0,
    gold_every: Annotated[
        int,
        typer.Option(
            min=0, help="About every so manieth item is a gold one, where there are any; 0 is none."
        ),
    ] = 20,
    tls: Annotated[
        bool, typer.Option("--tls", help="It stands behind TLS: cookies never travel without.")
    ] = False,
    url: Annotated[
        str | None, typer.Option("--url", help="Where the app is reached, for the links.", metavar="URL")
    ] = None,
) -> None:
    """Serve the app; while it has no owner it prints the link by which the owner joins."""
    if context.invoked_subcommand is not None:
        return
    demand_label()
    from tutelage.labeling.server import serve as carry_out
    from tutelage.labeling.settings import Settings
    from tutelage.web.address import demand_free

    place = place_of(store)
    address = here(host, port, tls) if url is None else url.rstrip("/")
    demand_free(host, port)
    with Store(place) as database:
        if not any(account.role is Role.owner for account in database.accounts.all()):
            database.accounts.withdraw_invitations(Role.owner)  # of earlier starts
            token = database.accounts.invite(Role.owner, Group.training)
            print(f"The owner joins here: {address}/join/{token}", flush=True)
    print(f"Labeling at {address}, store {place}. Ctrl-C ends it; nothing is lost.", flush=True)
    settings = Settings(lease_seconds=60 * lease_minutes, gold_every=gold_every, secure=tls)
    carry_out(os.fspath(place), settings, host, port, workers)


add = typer.Typer(help="Put work into the queue.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(add, name="add")


@add.command("write")
def add_write(
    count: Annotated[int, typer.Argument(min=1, max=100_000, help="How many prompts are wanted.")],
    kind: Annotated[
        Kind | None, typer.Option(help="What kind of prompt; the labeler's choice without.")
    ] = None,
    use_case: Annotated[
        UseCase | None, typer.Option(help="For which use; the labeler's choice without.")
    ] = None,
    store: StoreOption = "tutelage.db",
    batch: BatchOption = "written",
    priority: PriorityOption = 0,
) -> None:
    """Prompts, written by labelers themselves."""
    demand_label()
    from tutelage.labeling.filling import tasks_to_write

    put(tasks_to_write(count, kind, use_case), store, batch, priority)


@add.command("demonstrate")
def add_demonstrate(
    prompts: Annotated[
        str, typer.Option("--prompts", help="A file of prompts, or a store.", metavar="FILE_OR_STORE")
    ],
    prompt_batch: Annotated[str | None, typer.Option(help="Of a store, the prompts of this batch.")] = None,
    split: SplitOption = None,
    limit: LimitOption = None,
    store: StoreOption = "tutelage.db",
    batch: BatchOption = "demonstrations",
    overlap: OverlapOption = 1,
    agreement_overlap: AgreementOption = None,
    agreement_share: ShareOption = None,
    priority: PriorityOption = 0,
) -> None:
    """Prompts, to be answered by labelers."""
    demand_label()
    from tutelage.labeling.filling import tasks_to_demonstrate

    tasks = tasks_to_demonstrate(prompts_of(prompts, split, prompt_batch)[:limit])
    wanted = wanted_labelers(len(tasks), overlap, agreement_overlap, agreement_share)
    put(tasks, store, batch, priority, wanted)


@add.command("rank")
def add_rank(
    completions: CompletionsOption,
    most: MostOption = 9,
    split: SplitOption = None,
    limit: LimitOption = None,
    store: StoreOption = "tutelage.db",
    batch: BatchOption = "rankings",
    overlap: OverlapOption = 1,
    agreement_overlap: AgreementOption = None,
    agreement_share: ShareOption = None,
    priority: PriorityOption = 0,
) -> None:
    """Outputs of the same prompt, to be marked and ranked: what a reward model learns from."""
    tasks = tasks_of(TaskKind.rank, store, completions, most, split)[:limit]
    wanted = wanted_labelers(len(tasks), overlap, agreement_overlap, agreement_share)
    put(tasks, store, batch, priority, wanted)


@add.command("evaluate")
def add_evaluate(
    completions: CompletionsOption,
    most: MostOption = 9,
    split: SplitOption = None,
    limit: LimitOption = None,
    store: StoreOption = "tutelage.db",
    batch: BatchOption = "evaluation",
    overlap: OverlapOption = 1,
    priority: PriorityOption = 0,
) -> None:
    """Outputs of several models, to be compared by both groups of labelers; nothing is trained on it."""
    tasks = tasks_of(TaskKind.evaluate, store, completions, most, split)[:limit]
    put(tasks, store, batch, priority, [overlap] * len(tasks))


@add.command("gold")
def add_gold(
    rankings: Annotated[str, typer.Argument(help="Rankings as the owner would give them.", metavar="FILE")],
    kind: Annotated[
        TaskKind, typer.Option(help="rank or evaluate: among which work they are mixed.")
    ] = TaskKind.rank,
    store: StoreOption = "tutelage.db",
    batch: BatchOption = "gold",
) -> None:
    """Rankings with a known answer, mixed into the work to see how well it is done; nothing is trained on them."""
    demand_label()
    from tutelage.labeling.filling import read_gold

    put(read_gold(rankings, kind), store, batch)


@add.command("screening")
def add_screening(
    file: Annotated[
        str, typer.Argument(help="JSON Lines: texts to flag, rankings, prompts.", metavar="FILE")
    ],
    store: StoreOption = "tutelage.db",
    batch: BatchOption = "screening of our own",
) -> None:
    """Your own screening for newcomers, instead of the one that was there."""
    demand_label()
    from tutelage.labeling.filling import read_screening

    tasks = read_screening(file)
    with Store(place_of(store)) as database:
        database.queue.replace_screening(tasks, batch)
        asked = len(database.overview.control(screening=True))
    print(f"{batch}: newcomers are asked {asked} tasks")


@app.command("retire")
def retire(
    batch: Annotated[str, typer.Argument(help="The batch.")], store: StoreOption = "tutelage.db"
) -> None:
    """Ask nobody any more for what is open of a batch; what was answered stays."""
    with open_existing(store) as database:
        print(f"{batch} is retired: {database.queue.retire(batch)} open judgments are no longer asked for")


def here(host: str, port: int, tls: bool) -> str:
    """The address of what listens there, as this machine's browser takes it."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    name = f"[{near}]" if ":" in near else near
    return f"{'https' if tls else 'http'}://{name}:{port}"


def tasks_of(kind: TaskKind, store: str, completions: str, most: int, split: Split | None) -> list[Task]:
    """Tasks to judge the completions of a batch. Raises InputError when there are none to compare."""
    demand_label()
    from tutelage.labeling.filling import tasks_to_judge

    with open_existing(store) as database:
        found = database.completions(batch=completions, split=split)
        batches = {count.batch for count in database.stats() if count.table == "completions"}
    tasks = tasks_to_judge(kind, found, most)
    if not tasks:
        what = "no prompt there has two different completions" if found else "no completions there"
        remedy = "sample some: tutelage sample" if not batches else suggestion(completions, sorted(batches))
        raise InputError(what, f"batch {completions!r}", remedy)
    return tasks


def wanted_labelers(
    count: int, overlap: int, agreement_overlap: int | None, share: float | None
) -> list[int]:
    """How many labelers see each item. Raises InputError where only half is said of those for agreement."""
    if agreement_overlap is None and share is None:
        return [overlap] * count
    if agreement_overlap is None or share is None:
        given, lacking = "--agreement-overlap", "--agreement-share"
        if share is not None:
            given, lacking = lacking, given
        raise InputError(f"says nothing without {lacking}", given, "give both or neither")
    return overlaps(count, overlap, share, agreement_overlap)


def put(
    tasks: Sequence[Task], store: str, batch: str, priority: int = 0, wanted: Sequence[int] | int = 1
) -> None:
    """Add tasks to the queue and say how many were new."""
    with Store(place_of(store)) as database:
        new = database.queue.add(tasks, batch, wanted, priority)
    known = f", {len(tasks) - new} were there already" if new < len(tasks) else ""
    print(f"{batch}: {new} tasks in the queue{known}")


def demand_label() -> None:
    """Raises InputError where the app's packages are not installed."""
    for package in (
        "argon2",
        "fastapi",
        "httpx2",
        "itsdangerous",
        "jinja2",
        "krippendorff",
        "markdown_it",
        "matplotlib",
        "numpy",
        "python_multipart",
        "uvicorn",
    ):
        if find_spec(package) is None:
            raise InputError(f"this command needs {package}", remedy="pip install 'tutelage[label]'")
