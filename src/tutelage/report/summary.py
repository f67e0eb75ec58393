"""The figures of a report by name, without their intervals: what a tracker shows beside other runs'."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from tutelage.report.results import Interval, LabelerAgreement, Results


def summary(results: Results) -> dict[str, float]:
    """`report/preference/heldout_labelers/ppo_ptx/win_rate` -> the figure; curves and lists are left to the page."""
    return {"/".join(path): value for path, value in figures_in(results, ("report",))}


def figures_in(part: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    """Every figure of a part of the report, with the names that lead to it."""
    if isinstance(part, Interval):
        yield (*path, part.figure), part.value
    if isinstance(part, LabelerAgreement):
        yield from (((*path, group), value) for group, value in part if value is not None)
    elif isinstance(part, BaseModel):
        for name, inner in part:
            yield from figures_in(inner, (*path, name))
    elif isinstance(part, Mapping):
        for name, inner in part.items():
            yield from figures_in(inner, (*path, str(name)))
