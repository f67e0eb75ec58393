"""`tutelage sample`: K completions a prompt by each of some models, into the store, ready to rank."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tutelage.cli.data import place_of, prompts_of
from tutelage.cli.models import longest_answer, named_folders
from tutelage.cli.rewards import reward_model_at
from tutelage.cli.train import carry_out
from tutelage.schema import SAME_OUTPUT, InputError, Split
from tutelage.store import Store

if TYPE_CHECKING:
    from tutelage.data import Template


def sample(
    models: Annotated[
        list[str],
        typer.Argument(
            help="Models' folders, or of a run RUN:NAME; a run's folder is its best model.",
            metavar="MODEL",
        ),
    ],
    prompts: Annotated[
        str, typer.Option(help="A file of prompts, or a store, or a run's folder.", metavar="FILE_OR_STORE")
    ],
    split: Annotated[Split | None, typer.Option(help="Only prompts of this split.")] = None,
    prompt_batch: Annotated[
        str | None, typer.Option(help="Of a store: only prompts of this batch.", metavar="NAME")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first so many prompts.", min=1)] = None,
    count: Annotated[int, typer.Option(help="Completions of each prompt by each model.")] = 4,
    temperature: Annotated[float, typer.Option(help="0 takes the likeliest token each time.")] = 1.0,
    top_p: Annotated[float, typer.Option(help="Draw from the likeliest tokens that hold this much.")] = 1.0,
    top_k: Annotated[int, typer.Option(help="Draw from so many likeliest tokens; 0 = from all.")] = 0,
    max_new_tokens: Annotated[
        int | None, typer.Option(help="Longest completion; without, what the run was trained for.", min=1)
    ] = None,
    prefix: Annotated[
        str | None,
        typer.Option(
            help="A text file put around each prompt, which stands in it as {prompt}.", metavar="FILE"
        ),
    ] = None,
    stop: Annotated[
        list[str] | None,
        typer.Option(
            help="A text that ends a completion, \\n a line's end; may be repeated.", metavar="TEXT"
        ),
    ] = None,
    best_of: Annotated[
        int | None, typer.Option(help="Keep the best of so many samples, by --reward.", min=2, metavar="N")
    ] = None,
    reward: Annotated[
        str | None, typer.Option(help="The reward model that chooses.", metavar="FOLDER")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="What the one model is called in the batch; without, its own name and what was done with it, "
            "such as base_prompted, sft_best_of_4.",
            metavar="NAME",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed gives other completions.")] = 0,
    store: Annotated[
        str, typer.Option(help="Where to: a file, a run's folder, or a URL.", metavar="STORE")
    ] = "tutelage.db",
    batch: Annotated[str, typer.Option(help="Name for what is sampled now.", metavar="NAME")] = "samples",
) -> int:
    """K completions a prompt, into the store, ready to rank; equal texts of a model are kept once.

    What the batch has of a model is not sampled again, so after Ctrl-C the same command goes on.
    """
    if (best_of is None) != (reward is None):
        raise InputError("one of the two is missing", "--best-of, --reward", "give both, or none")
    folders = named(named_folders(models), name, prefix is not None, best_of)
    around = None if prefix is None else read_prefix(prefix)
    stops = stop_texts(stop or ())
    asked = prompts_of(prompts, split, prompt_batch)[:limit]
    from tutelage.pipeline.sampling import Drawing, open_writer, sample_completions
    from tutelage.pipeline.scoring import open_scorer

    drawing = Drawing(count, temperature, top_p, top_k, seed, best_of or 1)
    scorer = None if reward is None else open_scorer(reward_model_at(reward)[1])
    writers = [
        open_writer(
            source,
            folder,
            max_new_tokens or longest_answer(folder),
            asked,
            template=around,
            stop=stops,
            scorer=scorer,
        )
        for source, folder in folders.items()
    ]
    with Store(place_of(store)) as database:
        return carry_out(lambda: sample_completions(writers, drawing, database, batch, Console(), scorer))


def named(
    folders: Mapping[str, str], name: str | None, prompted: bool, best_of: int | None
) -> dict[str, str]:
    """Source -> folder: what a batch calls each model's completions, so that plain ones never pass for others.

    Raises InputError for one name of several models, and for a name that would not be read as one.
    """
    if name is None:
        done = ("_prompted" if prompted else "") + ("" if best_of is None else f"_best_of_{best_of}")
        found = {source + done: folder for source, folder in folders.items()}
    elif len(folders) > 1:
        raise InputError(f"one name for {len(folders)} models", "--name", "sample from one at a time")
    else:
        found = dict.fromkeys([name], *folders.values())
    for source in found:
        if not source.strip() or SAME_OUTPUT in source:
            raise InputError(
                f"{source!r} is no name for a model", "--name", f"choose one without {SAME_OUTPUT!r}"
            )
    return found


def read_prefix(path: str) -> "Template":
    """The template in a text file; the break after its last line is the editor's, and not part of it.

    Raises InputError where the file cannot be read, and where `{prompt}` does not stand in it exactly once.
    """
    from tutelage.data import Template

    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InputError(f"cannot be read: {told}", path, "give a text file") from error
    try:
        return Template.parse(text.removesuffix("\n"))
    except InputError as error:
        raise InputError(error.what, path, error.remedy) from error


def stop_texts(given: Sequence[str]) -> list[str]:
    """The texts that end a completion, as they were meant on the command line. Raises InputError for an empty one."""
    if not all(given):
        raise InputError("an empty text ends nothing", "--stop", "leave it out")
    return [text.replace("\\n", "\n").replace("\\t", "\t") for text in given]
