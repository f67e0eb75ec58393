"""`tutelage evaluate`: how good a model is, with intervals."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tutelage.cli import samples
from tutelage.cli.data import filled, open_existing
from tutelage.cli.estimates import share
from tutelage.cli.sample import is_store
from tutelage.data import read_rankings
from tutelage.schema import InputError, Purpose, Ranking, Split, suggestion

app = typer.Typer(help="How good a model is, with intervals.", no_args_is_help=True, rich_markup_mode=None)
for task in samples.HELP:
    app.command(task)(samples.command_of(task))


@app.command()
def reward(
    model: Annotated[str, typer.Argument(help="Folder of a reward model.", metavar="FOLDER")],
    rankings: Annotated[
        str, typer.Option("--rankings", help="A file of rankings, or a store.", metavar="FILE_OR_STORE")
    ],
    batch: Annotated[str | None, typer.Option(help="Of a store, the rankings of this batch.")] = None,
    purpose: Annotated[Purpose | None, typer.Option(help="Of a store, the rankings of this purpose.")] = None,
    split: Annotated[Split | None, typer.Option(help="Only rankings of prompts of this split.")] = None,
) -> None:
    """How often a reward model prefers what labelers did, and what it gives to each place of a ranking."""
    found = rankings_of(rankings, batch, purpose, split)
    if all(len(set(ranking.ranks)) == 1 for ranking in found):
        raise InputError("every ranking is one tie, and tells nothing", rankings)
    from tutelage.evaluation import ranking_accuracy, score_rankings
    from tutelage.pipeline.display import silence_transformers
    from tutelage.rollout import load_reward_model

    silence_transformers()
    scorer = load_reward_model(model)
    scores = score_rankings(lambda prompts, texts: scorer(prompts, texts).tolist(), found)
    by_rank: dict[int, list[float]] = {}
    for ranking, own in zip(found, scores, strict=True):
        for rank, score in zip(ranking.ranks, own, strict=True):
            by_rank.setdefault(rank, []).append(score)
    table = Table("rank", "outputs", "mean score")
    for rank, values in sorted(by_rank.items()):
        table.add_row(str(rank), str(len(values)), f"{sum(values) / len(values):+.3f}")
    console = Console()
    console.print(table)
    accuracy = ranking_accuracy(found, scores)
    console.print(f"accuracy on {len(found)} rankings: {share(accuracy)}, {accuracy.n} pairs")


@app.command()
def judge(
    model: Annotated[str, typer.Argument(help="Folder of a judge of answers.", metavar="FOLDER")],
    answers: Annotated[list[str], typer.Option(help="Files of labelled answers.", metavar="FILE")],
    label: Annotated[str, typer.Option(help="The column of the label.")] = "true",
) -> None:
    """How often a judge of answers says what the labels say, beside always saying the same."""
    from tutelage.data import read_answers
    from tutelage.evaluation.judged_answers import judge_accuracy

    found = [each for file in answers for each in filled(read_answers(file, label), file)]
    texts = ([each.prompt.text for each in found], [each.answer for each in found])
    print(judge_accuracy(samples.load_judge(model)(*texts), found).told())


def rankings_of(place: str, batch: str | None, purpose: Purpose | None, split: Split | None) -> list[Ranking]:
    """The rankings of a file or a store. Raises InputError when there are none."""
    if is_store(place):
        with open_existing(place) as database:
            found = database.rankings(batch=batch, purpose=purpose, split=split)
            batches = {count.batch for count in database.stats() if count.table == "rankings"}
        if batch is not None and batch not in batches:
            raise InputError(f"no rankings in batch {batch!r}", "--batch", suggestion(batch, sorted(batches)))
    elif batch is not None or purpose is not None:
        raise InputError("a file has neither batches nor purposes", place, "leave --batch and --purpose out")
    else:
        read = filled(read_rankings(place), place)
        found = [ranking for ranking in read if split in (None, ranking.prompt.split)]
    if not found:
        wishes = {"batch": batch, "purpose": purpose, "split": split}
        given = {name: value for name, value in wishes.items() if value is not None}
        of = "".join(f" of {name} {value}" for name, value in given.items())
        others = " or ".join(f"--{name}" for name in given)
        raise InputError(
            f"there are no rankings{of}", place, f"change {others}" if given else "import some first"
        )
    return found
