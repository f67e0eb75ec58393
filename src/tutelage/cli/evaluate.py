"""`tutelage evaluate`: how good a model is, with intervals."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tutelage.cli import preference, samples
from tutelage.cli.data import filled
from tutelage.cli.estimates import share
from tutelage.cli.rankings import BatchOption, PurposeOption, RankingsOption, SplitOption, rankings_of
from tutelage.schema import InputError

app = typer.Typer(help="How good a model is, with intervals.", no_args_is_help=True, rich_markup_mode=None)
for task in samples.HELP:
    app.command(task)(samples.command_of(task))
app.command("preference")(preference.preference)


@app.command()
def reward(
    model: Annotated[str, typer.Argument(help="Folder of a reward model.", metavar="FOLDER")],
    rankings: RankingsOption,
    batch: BatchOption = None,
    purpose: PurposeOption = None,
    split: SplitOption = None,
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
