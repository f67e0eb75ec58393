"""A run among others: what it is called beside them, and in which order they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tutelage.report.results import Results
from tutelage.schema import InputError


@dataclass(frozen=True)
class Run:
    """A run by a name that no other run of the comparison has."""

    name: str
    results: Results

    @property
    def parameters(self) -> int | None:
        """Of its models; None where the report does not say."""
        return self.results.counts.get("parameters")


def load_runs(folders: Sequence[Path]) -> list[Run]:
    """The runs in these folders, the smaller models first where all sizes are known, else in the order given.

    Raises InputError where one is given twice or has no report.
    """
    places = [folder.resolve() for folder in folders]
    for number, place in enumerate(places):
        if place in places[:number]:
            raise InputError("the same run twice", where=str(folders[number]), remedy="name each run once")
    names = run_names(places)
    runs = [Run(name, Results.load(folder)) for name, folder in zip(names, folders, strict=True)]
    if all(run.parameters is not None for run in runs):
        runs.sort(key=lambda run: run.parameters or 0)
    return runs


def run_names(places: Sequence[Path]) -> list[str]:
    """The folders' names, with as many of the folders above them as it takes to tell them apart."""
    for depth in range(1, max(len(place.parts) for place in places) + 1):
        names = ["/".join(place.parts[-depth:]) for place in places]
        if len(set(names)) == len(names):
            return names
    return [str(place) for place in places]


def sizes(runs: Sequence[Run]) -> dict[str, int] | None:
    """Each run's parameters, where all are known and no two are alike: what a comparison by size can be drawn over."""
    known = {run.name: run.parameters for run in runs if run.parameters}
    return known if len(set(known.values())) == len(runs) else None
