"""`tutelage chat`: talk to a model, or put the same prompt to several and read their answers side by side."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from tutelage.cli.models import folders_of, is_run, longest_answer
from tutelage.schema import InputError

if TYPE_CHECKING:
    from tutelage.rollout import Sampler


def chat(
    place: Annotated[str, typer.Argument(help="A run's folder, or a model's.", metavar="RUN_OR_MODEL")],
    models: Annotated[
        str | None, typer.Option(help="Of a run, e.g. base,sft,ppo_ptx: answers side by side.")
    ] = None,
    prompt: Annotated[str | None, typer.Option(help="Answer this one prompt and exit.")] = None,
    temperature: Annotated[float, typer.Option(help="0 takes the likeliest token each time.")] = 0.7,
    seed: Annotated[int, typer.Option(help="Another seed gives other answers.")] = 0,
) -> None:
    """Talk to a model. One model streams its answer; several answer side by side."""
    of_run = is_run(place)
    if models is not None and not of_run:
        raise InputError("a model's folder is one model", where="--models", remedy="name a run's folder")
    folders = folders_of(Path(place), models) if of_run else {place: place}
    from tutelage.models import load_policy, load_tokenizer
    from tutelage.pipeline.display import silence_transformers
    from tutelage.rollout import Sampler

    silence_transformers()
    samplers = {
        name: Sampler(load_policy(folder), load_tokenizer(folder)) for name, folder in folders.items()
    }
    limit = longest_answer(next(iter(folders.values())))
    if prompt is not None:
        answer(prompt, samplers, limit, temperature, seed)
        return
    for turn, line in enumerate(lines()):
        if line.strip():
            try:
                answer(line, samplers, limit, temperature, seed + turn)
            except InputError as error:  # too long a prompt ends no conversation
                print(f"error: {error}", file=sys.stderr)


def lines() -> Iterator[str]:
    """What the user types, until the end of input."""
    while True:
        try:
            yield input("> " if sys.stdin.isatty() else "")
        except EOFError:
            return


def answer(prompt: str, samplers: "dict[str, Sampler]", limit: int, temperature: float, seed: int) -> None:
    """Print the answer of one model as it comes, or of several side by side."""
    if len(samplers) == 1:
        (sampler,) = samplers.values()
        for piece in sampler.stream(prompt, max_new_tokens=limit, temperature=temperature, seed=seed):
            print(piece, end="", flush=True)
        print()
        return
    table = Table(*samplers, show_lines=True, expand=True)
    table.add_row(
        *(
            sampler.sample([prompt], max_new_tokens=limit, temperature=temperature, seed=seed)[0][0].text
            for sampler in samplers.values()
        )
    )
    Console().print(table, markup=False)
