"""`tutelage evaluate over-optimization`: a reward model's score and another's, as the first is optimised harder."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tutelage.cli.data import prompts_of
from tutelage.cli.estimates import number
from tutelage.cli.figures import write_figures
from tutelage.cli.models import longest_answer, named_folders
from tutelage.cli.rewards import reward_model_at
from tutelage.cli.scores import OutOption, check_out
from tutelage.schema import InputError, Split

if TYPE_CHECKING:
    from tutelage.evaluation.over_optimization import Optimization


def over_optimization(
    policy: Annotated[
        str,
        typer.Argument(
            help="The model that was started from (SFT): a folder, a name on the hub, or RUN:NAME.",
            metavar="POLICY",
        ),
    ],
    reward: Annotated[
        str, typer.Option(help="The reward model that was optimised: the proxy.", metavar="FOLDER")
    ],
    judge: Annotated[
        str, typer.Option(help="Another reward model, which was not: it judges.", metavar="FOLDER")
    ],
    prompts: Annotated[str, typer.Option(help="A file of prompts, or a store.", metavar="FILE_OR_STORE")],
    n: Annotated[int, typer.Option("--n", help="Best of how many, at most.", min=2)] = 16,
    trained: Annotated[
        list[str] | None,
        typer.Option(
            help="A model that was trained from it, e.g. by PPO, or a stage of that; may be repeated.",
            metavar="MODEL",
        ),
    ] = None,
    split: Annotated[Split | None, typer.Option(help="Only prompts of this split.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first so many prompts.", min=1)] = None,
    max_new_tokens: Annotated[
        int | None, typer.Option(help="Longest completion; without, what the run was trained for.", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed gives other completions.")] = 0,
    out: OutOption = None,
) -> None:
    """Score by the proxy and by a judge against KL, nats a completion: of best of n, and of models trained further."""
    check_out(out)
    start, *more = named_folders([policy]).items()
    if more:
        raise InputError("these are several models", policy, "name one")
    others = named_folders(trained or [])
    proxy, second = reward_model_at(reward), reward_model_at(judge)
    if os.path.abspath(proxy[1]) == os.path.abspath(second[1]):
        raise InputError("the judge is the reward model itself", judge, "name another one")
    asked = prompts_of(prompts, split, None)[:limit]
    from tutelage.pipeline.display import Display
    from tutelage.pipeline.over_optimization import measure_over_optimization

    console = Console()
    with Display(console) as display:
        found = measure_over_optimization(
            start[1],
            others,
            proxy[1],
            second[1],
            asked,
            n=n,
            max_new_tokens=max_new_tokens or longest_answer(start[1]),
            seed=seed,
            display=display,
        )
    if out is not None:
        about = {"policy": policy, "reward": proxy[0], "judge": second[0], "prompts": len(asked), "n": n}
        write_figures(out, {**about, "figures": found})
    console.print(table_of(found))


def table_of(found: Mapping[str, Sequence["Optimization"]]) -> Table:
    """A row for each point; the KL of best of n is known, and has no interval."""
    table = Table("", "KL, nats", "proxy", "judge")
    for method, points in found.items():
        for point in points:
            known = method == "best_of_n"
            kl = f"{point.kl.value:.2f}" if known else number(point.kl)
            label = f"best of {point.label}" if known else point.label
            table.add_row(Text(label), kl, number(point.proxy), number(point.judged))
    return table
