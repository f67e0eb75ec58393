"""The owner's figures: how far the work is, how labelers agree, and with whom they do not."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tutelage.labelers.alpha import alpha_of_questions, alpha_of_rankings
from tutelage.labelers.comparisons import compare_labelers
from tutelage.labelers.disputes import Dispute, find_disputes, tied_share_by_labeler
from tutelage.labelers.gold import accuracy_by_labeler, accuracy_of_ranks
from tutelage.labelers.intervals import Estimate
from tutelage.labelers.judged import Judged
from tutelage.labelers.policy import forecast, recent_pace
from tutelage.labelers.reliability import (
    agreement_by_labeler,
    agreement_by_pair,
    agreement_on_questions,
    agreement_on_rankings,
)
from tutelage.labeling.questions import QUESTION_TITLES
from tutelage.schema import Flagged, Gold, Group, Order, TaskKind
from tutelage.store import Progress, Store, Submission
from tutelage.store.overview import Answered


@dataclass(frozen=True)
class Batch(Progress):
    """How far a kind of work in a batch is, how fast it goes, and when it will be done."""

    per_hour: float | None
    finish: str | None


@dataclass(frozen=True)
class LabelerFigures:
    """A labeler's work in figures. All but the judgments and the skips are of what counts, without the screening."""

    name: str
    group: Group
    judgments: int
    today: int
    median_seconds: float | None
    agreement: Estimate | None
    gold: Estimate | None
    ties: float | None
    skips: int


@dataclass(frozen=True)
class QuestionFigures:
    """How labelers agree on one question of Table 3."""

    title: str
    agreement: Estimate | None
    alpha: Estimate | None


class Figures:
    """All figures of one moment, computed when they are made."""

    def __init__(self, store: Store, now: float | None = None) -> None:
        self._overview = store.overview
        self._now = time.time() if now is None else now
        self._groups = {labeler.name: labeler.group for labeler in store.labelers()}
        self.answers: Sequence[Answered] = self._overview.answers(screening=False)
        """What counts, but for the screening."""
        self.gold: Mapping[int, Gold] = self._overview.gold()
        """The owner's answers to control items."""
        self.judged: Sequence[Judged] = [each for line in self.answers if (each := judged_of(line)).ranks]
        """Rankings of real work and of control items."""
        self.compared = compare_labelers(self.judged)
        """Where two of them are about the same."""
        self.agreement = agreement_on_rankings(self.judged, self.compared)
        """The paper's figure: of two labelers, on which of two outputs is better."""
        self.alpha = alpha_of_rankings(self.judged) if self.judged else None
        """The same beyond chance."""
        self.by_labeler = agreement_by_labeler(self.judged, self.compared)
        """Each labeler's agreement with all others."""
        self.by_pair = agreement_by_pair(self.judged, self.compared)
        """Agreement of each two labelers."""
        self.accuracy = accuracy_by_labeler(accuracy_of_ranks, self.judged, self.gold)
        """By labeler, agreement with gold."""
        self.disputes: Sequence[Dispute] = find_disputes(self.judged)
        """Tasks whose outputs two labelers ordered differently."""
        self.batches = self._batches()
        """How far each batch is."""
        self.questions = self._questions()
        """Agreement on each question that anybody answered twice."""
        self.labelers = self._labelers()
        """Everybody who has done other work than the screening, in alphabetical order."""

    def _batches(self) -> list[Batch]:
        times: dict[tuple[str, TaskKind], list[float]] = defaultdict(list)
        for line in self.answers:
            times[line.batch, line.kind].append(line.at)
        return [
            self._batch(progress, times[progress.name, progress.kind])
            for progress in self._overview.progress()
        ]

    def _batch(self, progress: Progress, times: Sequence[float]) -> Batch:
        pace = recent_pace(times, self._now)
        left = progress.open + progress.leased
        seconds = forecast(times, left, self._now)
        return Batch(
            **vars(progress),
            per_hour=None if pace is None else 3600 * pace,
            finish="done" if not left else _work_left(seconds),
        )

    def _questions(self) -> list[QuestionFigures]:
        if not self.judged:
            return []
        agreement, alpha = agreement_on_questions(self.judged), alpha_of_questions(self.judged)
        return [
            QuestionFigures(QUESTION_TITLES.get(name, "Overall quality"), agreement[name], alpha[name])
            for name in agreement
            if agreement[name] is not None
        ]

    def _labelers(self) -> list[LabelerFigures]:
        ties = tied_share_by_labeler(self.judged)
        skips, judgments = self._overview.skips(), self._overview.judgments(now=self._now)
        seconds: dict[str, list[float]] = defaultdict(list)
        for line in self.answers:
            seconds[line.labeler].append(line.seconds)
        return [
            LabelerFigures(
                name=name,
                group=self._groups.get(name, Group.training),
                judgments=judgments[name].ever,
                today=judgments[name].today,
                median_seconds=median(seconds[name]) if seconds[name] else None,
                agreement=self.by_labeler.get(name),
                gold=self.accuracy.get(name),
                ties=ties.get(name),
                skips=skips.get(name, 0),
            )
            for name in sorted({*seconds, *skips})
        ]


def judged_of(line: Submission) -> Judged:
    """A line of the journal as the statistics take it."""
    answer = line.said
    return Judged(
        item=line.task,
        labeler=line.labeler,
        ranks=answer.ranks if isinstance(answer, Order) else (),
        marks=answer.marks if isinstance(answer, Order) else (),
        sensitive=answer.sensitive if isinstance(answer, Flagged) else None,
        seconds=line.seconds,
        at=line.at,
    )


def _work_left(seconds: float | None) -> str | None:
    """How much work it still is, in words."""
    if seconds is None:
        return None
    hours = seconds / 3600
    return f"{max(1, round(hours * 60))} minutes of work" if hours < 2 else f"{hours:.0f} hours of work"
