"""`tutelage evaluate reward`: how often a reward model prefers what labelers did, where, and how surely."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from tutelage.cli.estimates import UNKNOWN_SPREAD, number, share
from tutelage.cli.figures import write_figures
from tutelage.cli.rankings import (
    BatchOption,
    PurposeOption,
    RankingsOption,
    SplitOption,
    groups_of,
    rankings_of,
)
from tutelage.cli.rewards import reward_model_at
from tutelage.cli.scores import OutOption, check_out
from tutelage.schema import InputError, Ranking

if TYPE_CHECKING:
    from tutelage.evaluation.reward_figures import RewardFigures


def reward(
    model: Annotated[
        str, typer.Argument(help="Folder of a reward model, or of a run, or RUN:NAME.", metavar="FOLDER")
    ],
    rankings: RankingsOption,
    batch: BatchOption = None,
    purpose: PurposeOption = None,
    split: SplitOption = None,
    out: OutOption = None,
) -> None:
    """How often a reward model prefers what labelers did, and how often they agree with each other.

    By group of labelers, use case, K and distance in rank; whether its scores are as sure as they may be; whether they
    pay for length; what it gives to each place of a ranking.
    """
    check_out(out)
    given = rankings_of(rankings, batch, purpose, split)
    demand_preferences(given, rankings)
    address, folder = reward_model_at(model)
    from tutelage.evaluation import score_rankings
    from tutelage.evaluation.reward_figures import reward_figures
    from tutelage.pipeline.scoring import open_scorer, readable_rankings

    scorer = open_scorer(folder)
    found = readable_rankings(scorer, given)
    demand_preferences(found, f"{rankings}, without what is longer than the model's context")
    scores = score_rankings(lambda prompts, texts: scorer(prompts, texts).tolist(), found)
    figures = {"all": reward_figures(found, scores)}
    for group, (own, theirs) in by_group(found, scores, groups_of(rankings)).items():
        # one group alone would say again what all say
        if len(own) < len(found) and any(len(set(ranking.ranks)) > 1 for ranking in own):
            figures[group] = reward_figures(own, theirs)
    if out is not None:
        about = {"model": address, "rankings": rankings, "batch": batch, "purpose": purpose, "split": split}
        write_figures(out, {**about, "figures": figures})
    whole = figures["all"]
    console = Console()
    if len(found) < len(given):
        console.print(f"{len(given) - len(found)} rankings are longer than the model's context, and left out")
    for each in (*tables_of(figures), by_place(found, scores)):
        console.print(each, highlight=False)
    told = f"accuracy on {len(found)} rankings: {share(whole.accuracy)}, {whole.accuracy.n} pairs"
    console.print(told, highlight=False)


def demand_preferences(rankings: Sequence[Ranking], place: str) -> None:
    """Raises InputError where nobody preferred anything."""
    if all(len(set(ranking.ranks)) == 1 for ranking in rankings):
        raise InputError("every ranking is one tie, and tells nothing", place)


def by_group(
    rankings: Sequence[Ranking], scores: Sequence[Sequence[float]], groups: Mapping[str, str]
) -> dict[str, tuple[list[Ranking], list[Sequence[float]]]]:
    """The rankings of each group of labelers that is known, with their scores."""
    parts: dict[str, tuple[list[Ranking], list[Sequence[float]]]] = {}
    for ranking, own in zip(rankings, scores, strict=True):
        group = groups.get(ranking.labeler or "")
        if group is not None:
            of_group = parts.setdefault(str(group), ([], []))
            of_group[0].append(ranking)
            of_group[1].append(own)
    return dict(sorted(parts.items()))


def tables_of(figures: Mapping[str, "RewardFigures"]) -> Iterator[Table | str]:
    """All that is printed but the last; figures: of all rankings, then of each group of labelers."""
    whole = figures["all"]
    accuracy = Table("", "accuracy", "pairs", "labelers agree")
    for name, own in figures.items():
        agreed = UNKNOWN_SPREAD if own.labelers is None else share(own.labelers)
        accuracy.add_row(
            name if name == "all" else f"{name} labelers", share(own.accuracy), str(own.accuracy.n), agreed
        )
    for parts in (
        {str(use_case): each for use_case, each in whole.by_use_case.items()},
        {f"K = {size}": each for size, each in whole.by_size.items()},
        {f"{distance} apart in rank": each for distance, each in whole.by_distance.items()},
    ):
        for name, each in parts.items() if len(parts) > 1 else ():
            accuracy.add_row(name, share(each), str(each.n), "–")
    yield accuracy
    surety = Table("scores say", "labelers prefer", "pairs")
    for bin in whole.calibration:
        surety.add_row(f"{bin.predicted:.1%}", share(bin.observed), str(bin.observed.n))
    yield surety
    if whole.score_by_length:
        lengths = Table("words", "mean score", "outputs")
        for part in whole.score_by_length:
            lengths.add_row(f"{part.shortest}–{part.longest}", number(part.score), str(part.score.n))
        yield lengths
    else:
        yield f"score by length: {UNKNOWN_SPREAD}"
    longer = whole.longer_preferred
    if longer is not None:
        yield (
            f"of two outputs the longer has the higher score in {share(longer.by_score)}, labelers prefer it in "
            f"{share(longer.by_labelers)}"
        )


def by_place(rankings: Sequence[Ranking], scores: Sequence[Sequence[float]]) -> Table:
    """The mean score at each place of a ranking."""
    places: dict[int, list[float]] = {}
    for ranking, own in zip(rankings, scores, strict=True):
        for rank, score in zip(ranking.ranks, own, strict=True):
            places.setdefault(rank, []).append(score)
    table = Table("rank", "outputs", "mean score")
    for rank, values in sorted(places.items()):
        table.add_row(str(rank), str(len(values)), f"{sum(values) / len(values):+.3f}")
    return table
