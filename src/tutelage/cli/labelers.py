"""`tutelage labelers`: who labels, how well, and programs that do it."""

import secrets
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tutelage.cli import asking
from tutelage.cli.data import StoreOption, open_existing, place_of
from tutelage.cli.estimates import number, share
from tutelage.cli.label import demand_label
from tutelage.cli.world import seed_of
from tutelage.schema import Group, InputError, Role, Standing
from tutelage.store import Store

app = typer.Typer(help="Who labels, and how well.", no_args_is_help=True, rich_markup_mode=None)
app.command("judge")(asking.judge)
UrlOption = Annotated[str, typer.Option("--url", help="Where the app is reached.", metavar="URL")]
NameArgument = Annotated[str, typer.Argument(help="Whose account.")]
HERE = "http://127.0.0.1:8080"


@app.command()
def invite(
    count: Annotated[int, typer.Argument(min=1, help="How many links.")] = 1,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.labeler,
    group: Annotated[Group, typer.Option(help="heldout: makes no training data.")] = Group.training,
    screening: Annotated[bool, typer.Option(help="Whether they begin with the screening.")] = True,
    days: Annotated[float, typer.Option(min=0.01, max=3650, help="How long a link stands.")] = 7.0,
    url: UrlOption = HERE,
    store: StoreOption = "tutelage.db",
) -> None:
    """Links for newcomers: each makes one account."""
    with Store(place_of(store)) as database:
        for _ in range(count):
            screened = screening and role is Role.labeler
            token = database.accounts.invite(role, group, screened, seconds=days * 86400)
            print(f"{url.rstrip('/')}/join/{token}")


@app.command("list")
def list_people(store: StoreOption = "tutelage.db") -> None:
    """Everybody with an account."""
    with open_existing(store) as database:
        done = database.overview.judgments()
        people = database.accounts.all()
    table = Table("name", "role", "group", "standing", "a day at most", "judgments")
    for each in people:
        limit = "" if each.daily_limit is None else str(each.daily_limit)
        table.add_row(Text(each.name), each.role, each.group, each.standing, limit, str(done[each.name].ever))
    Console().print(table)


@app.command()
def change(
    name: NameArgument,
    role: Annotated[Role | None, typer.Option(help="What they may do.")] = None,
    group: Annotated[Group | None, typer.Option(help="Only before they have judged.")] = None,
    standing: Annotated[Standing | None, typer.Option(help="active takes a newcomer on.")] = None,
    daily_limit: Annotated[
        int | None, typer.Option(min=0, max=999_999, help="Judgments a day at most; 0 is no limit.")
    ] = None,
    store: StoreOption = "tutelage.db",
) -> None:
    """Take somebody on, shut somebody out, or change what they may do."""
    wanted = {"role": role, "group": group, "standing": standing}
    values: dict[str, object] = {key: value for key, value in wanted.items() if value is not None}
    if daily_limit is not None:
        values["daily_limit"] = daily_limit or None
    if not values:
        raise InputError("nothing to change", name, "give --role, --group, --standing or --daily-limit")
    with open_existing(store) as database:
        found = database.accounts.change(name, **values)
    limit = "no limit" if found.daily_limit is None else f"{found.daily_limit} a day"
    print(f"{found.name}: {found.role}, {found.group}, {found.standing}, {limit}")


@app.command()
def password(name: NameArgument, url: UrlOption = HERE, store: StoreOption = "tutelage.db") -> None:
    """A link by which somebody chooses a new password."""
    demand_label()
    from tutelage.web.sessions import Sessions

    with open_existing(store) as database:
        account = database.accounts.named(name).account
        print(f"{url.rstrip('/')}/password/{Sessions(database.accounts).link(account)}")


@app.command()
def screening(store: StoreOption = "tutelage.db") -> None:
    """Newcomers by the paper's four criteria."""
    demand_label()
    from tutelage.labelers.screening import Thresholds
    from tutelage.labeling.newcomers import read_newcomer, screened

    table = Table("name", "sensitive text", "rankings", "demonstrations", "topics", "passed")
    with open_existing(store) as database:
        for account in database.accounts.all():
            if account.standing is Standing.screening:
                found = screened(read_newcomer(database, account.name), Thresholds())
                passed = {True: "yes", False: "no", None: "open"}[found.passes.all]
                grade = "–" if found.grade is None else f"{found.grade:.1f} of 7"
                topics = "–" if found.topics is None else str(len(found.topics))
                table.add_row(
                    Text(account.name), share(found.flags), share(found.ranks), grade, topics, passed
                )
    Console().print(table)


@app.command()
def agreement(store: StoreOption = "tutelage.db") -> None:
    """How often labelers agree, as the paper counts it, and beyond chance."""
    demand_label()
    from tutelage.labeling.figures import Figures

    with open_existing(store) as database:
        figures = Figures(database)
        table = Table("labeler", "group", "judgments", "agrees with others", "with gold", "ties")
        for each in figures.labelers:
            ties = "–" if each.ties is None else f"{each.ties:.1%}"
            table.add_row(
                Text(each.name),
                each.group,
                str(each.judgments),
                share(each.agreement),
                share(each.gold),
                ties,
            )
        questions = Table("question", "agreement", "alpha")
        for question in figures.questions:
            questions.add_row(question.title, share(question.agreement), number(question.alpha))
        overall, alpha = figures.agreement, figures.alpha
    console = Console()
    console.print(table)
    console.print(questions)
    console.print(f"agreement on pairs of outputs: {share(overall)}; Krippendorff's alpha: {number(alpha)}")


@app.command()
def simulate(
    count: Annotated[int, typer.Argument(min=1, help="How many labelers.")] = 6,
    heldout: Annotated[int, typer.Option(min=0, help="How many more of the held-out group.")] = 0,
    judgments: Annotated[
        int | None, typer.Option(min=1, help="Of each at most; else until all is done.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="The embedded world's; else that of the store's run.")
    ] = None,
    noise: Annotated[
        float, typer.Option(min=0, max=1000, help="How much their judgments are blurred.")
    ] = 1.0,
    url: UrlOption = HERE,
    store: StoreOption = "tutelage.db",
) -> None:
    """The embedded world's labelers at work in the app, by the same addresses as people."""
    demand_label()
    from tutelage.cli.simulation import simulate as carry_out

    world = seed_of(store) if seed is None else seed
    with Store(place_of(store)) as database:
        tokens = {
            group: [database.accounts.invite(Role.labeler, group) for _ in range(many)]
            for group, many in ((Group.training, count), (Group.heldout, heldout))
        }
    carry_out(url.rstrip("/"), tokens, world, noise, judgments, secrets.token_urlsafe(12), Console())
