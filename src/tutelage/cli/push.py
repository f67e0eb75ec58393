"""`tutelage push`: a model goes to the hub, with its card."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tutelage.cli.models import folders_of, is_run
from tutelage.schema import InputError


def push(
    place: Annotated[Path, typer.Argument(help="A run's folder, or a model's.", metavar="RUN|FOLDER")],
    repository: Annotated[str, typer.Argument(help="OWNER/NAME on the hub.", metavar="REPOSITORY")],
    model: Annotated[
        str | None,
        typer.Option("--model", help="Which of the run's models, by default the best, e.g. ppo_ptx."),
    ] = None,
    private: Annotated[bool, typer.Option("--private", help="Let nobody else see it.")] = False,
    revision: Annotated[
        str | None, typer.Option("--revision", help="A branch, made where there is none.", metavar="BRANCH")
    ] = None,
    license: Annotated[
        str | None, typer.Option("--license", help="What the card says, e.g. apache-2.0; else no license.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is uploaded.")] = False,
) -> None:
    """Upload a model and its card to the hub; nothing else of a run: no database, no prompts, no metrics.

    The token is read from HF_TOKEN, or is that of `hf auth login`.
    """
    folder = folder_meant(place, model)
    from tutelage.hub import require_model, upload, upload_of
    from tutelage.report.hub_card import card_to_publish

    require_model(folder)
    what = upload_of(folder, card_to_publish(folder, license))
    console = Console()
    for name, size in what.files.items():
        console.print(f"{size:>16,} bytes  {name}", highlight=False, markup=False, soft_wrap=True)
    if what.left:
        console.print(f"Not uploaded: {', '.join(what.left)}", highlight=False, markup=False, soft_wrap=True)
    seen_by = "a private repository" if private else "a repository that is public unless it was made private"
    told = f"{len(what.files)} files, {what.bytes:,} bytes, of {folder} to {repository}, {seen_by}"
    console.print(told, highlight=False, markup=False, soft_wrap=True)
    if not yes and not typer.confirm("Upload?"):
        return
    address = upload(what, repository, private=private, revision=revision)
    console.print(address, highlight=False, markup=False, soft_wrap=True)


def folder_meant(place: Path, model: str | None) -> Path:
    """The model's folder. Raises InputError where there is none, or where `--model` says nothing."""
    if is_run(str(place)):
        return Path(*folders_of(place, model).values())
    if model is not None:
        raise InputError("only a run's folder has models to choose from", "--model", "leave it out")
    if not place.is_dir():
        raise InputError("there is no such folder", str(place), "name a run's, or a model's")
    return place
