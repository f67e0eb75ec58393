"""All that a panel of labelers, of whatever kind, said of some models, in figures (§3.6, §4.1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TypeVar

from tutelage.evaluation.judges import agreement_with_groups, agreement_within_and_between
from tutelage.evaluation.length import length_controlled_win_rates
from tutelage.evaluation.likert import likert_means
from tutelage.evaluation.metadata import question_rates
from tutelage.evaluation.preference import apart, win_rates
from tutelage.evaluation.ratings import rated_apart
from tutelage.evaluation.strengths import bradley_terry
from tutelage.labelers.intervals import Estimate
from tutelage.schema import Ranking, Rating

UNKNOWN = "unknown"
"""The group of labelers of whom nobody said to which they belong."""

T = TypeVar("T", Ranking, Rating)
Figures = dict[str, Estimate]
"""By model, or by group of labelers."""


@dataclass(frozen=True)
class Panel:
    """The figures; of models that nothing was said of they are absent.

    win_rates, strengths: against the baseline; no strengths without choix. likert: overall quality, 1 to 7. questions:
    the rates of `metadata.QUESTIONS`. group_agreement: group of labelers -> group. labeler_agreement: labeler ->
    group's others.
    """

    win_rates: Figures
    win_rates_by_group: dict[str, Figures]
    win_rates_by_use_case: dict[str, Figures]
    win_rates_at_equal_length: Figures
    strengths: Figures
    likert: Figures
    likert_by_group: dict[str, Figures]
    questions: dict[str, Figures]
    group_agreement: dict[str, Figures]
    labeler_agreement: dict[str, Figures]


def measure_panel(
    rankings: Sequence[Ranking],
    ratings: Sequence[Rating],
    groups: Mapping[str, str],
    baseline: str,
    *,
    resamples: int = 1000,
) -> Panel:
    """The figures of what was said; groups: labeler -> group, where it is known.

    An output that several models gave is that of each. Prompts of no known use case are in none. Raises ValueError when
    no ranking has the baseline beside another model.
    """

    def group_of(said: Ranking | Rating) -> str:
        return groups.get(said.labeler or "", UNKNOWN)

    sourced = [apart(each) for each in rankings if each.sources]
    compared = [each for each in sourced if {baseline} < set(each.sources or ())]
    rated = rated_apart(ratings)
    by_labeler = rankings_by_labeler(rankings)
    known = {labeler: groups.get(labeler, UNKNOWN) for labeler in by_labeler}
    return Panel(
        win_rates=win_rates(compared, baseline),
        win_rates_by_group=each_of(parted(compared, group_of), lambda own: win_rates(own, baseline)),
        win_rates_by_use_case=each_of(
            parted(compared, lambda each: each.prompt.use_case), lambda own: win_rates(own, baseline)
        ),
        win_rates_at_equal_length=length_controlled_win_rates(compared, baseline, resamples=resamples),
        strengths=bradley_terry(sourced, baseline=baseline, resamples=resamples)
        if find_spec("choix")
        else {},
        likert=likert_means(rated, resamples=resamples),
        likert_by_group=each_of(parted(rated, group_of), lambda own: likert_means(own, resamples=resamples)),
        questions=question_rates(rated),
        group_agreement=both_ways(agreement_within_and_between(by_labeler, known)),
        labeler_agreement=agreement_with_groups(by_labeler, known),
    )


def parted(said: Sequence[T], part_of: Callable[[T], str | None]) -> dict[str, list[T]]:
    """The rankings or ratings of each part, in alphabetical order; what is of none is left out."""
    parts: dict[str, list[T]] = {}
    for each in said:
        if (part := part_of(each)) is not None:
            parts.setdefault(part, []).append(each)
    return dict(sorted(parts.items()))


def rankings_by_labeler(rankings: Sequence[Ranking]) -> dict[str, list[Ranking]]:
    """Those of each labeler; of rankings that name none nothing."""
    return parted(rankings, lambda each: each.labeler or None)


def each_of(
    parts: Mapping[str, Sequence[T]], measure: Callable[[Sequence[T]], Figures]
) -> dict[str, Figures]:
    """The figures of each part."""
    return {name: measure(own) for name, own in parts.items()}


def both_ways(agreements: Mapping[tuple[str, str], Estimate]) -> dict[str, Figures]:
    """Group -> group, each two of them from either side."""
    sides = sorted({group for pair in agreements for group in pair})
    return {
        one: {
            other: agreements[pair]
            for other in sides
            for pair in [(min(one, other), max(one, other))]
            if pair in agreements
        }
        for one in sides
    }
