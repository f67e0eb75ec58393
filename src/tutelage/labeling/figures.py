"""The owner's figures: how far the work is, how labelers agree, and with whom they do not."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from tutelage.labelers.alpha import alpha_of_questions, alpha_of_rankings
from tutelage.labelers.disputes import Dispute, find_disputes, tied_share_by_labeler
from tutelage.labelers.gold import accuracy_by_labeler, accuracy_of_ranks
from tutelage.labelers.intervals import Estimate
from tutelage.labelers.judged import Judged
from tutelage.labelers.policy import forecast, recent_pace
from tutelage.labelers.reliability import (
    PairAgreement,
    agreement_by_labeler,
    agreement_by_pair,
    agreement_on_questions,
    agreement_on_rankings,
)
from tutelage.labeling.questions import QUESTION_TITLES
from tutelage.schema import Flagged, Gold, Group, Order, TaskKind
from tutelage.store import Asked, Progress, Store, Submission


@dataclass(frozen=True)
class Batch(Progress):
    """How far a kind of work in a batch is, how fast it goes, and when it will be done."""

    per_hour: float | None
    finish: str | None


@dataclass(frozen=True)
class Worker:
    """A labeler's work in figures."""

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
class Question:
    """How labelers agree on one question of Table 3."""

    title: str
    agreement: Estimate | None
    alpha: Estimate | None


class Figures:
    """All figures of one moment; each is computed when it is looked at."""

    def __init__(self, store: Store, now: float | None = None) -> None:
        self.now = time.time() if now is None else now
        self._store = store

    @cached_property
    def submissions(self) -> Sequence[Submission]:
        """What counts, but for the screening."""
        screening = self._store.overview.control(screening=True)
        return [line for line in self._store.overview.answers() if line.task not in screening]

    @cached_property
    def tasks(self) -> Mapping[int, Asked]:
        """What was asked."""
        return self._store.overview.tasks({line.task for line in self.submissions})

    @cached_property
    def gold(self) -> Mapping[int, Gold]:
        """The owner's answers to control items."""
        return {number: asked.task.gold for number, asked in self.tasks.items() if asked.task.gold}

    @cached_property
    def judged(self) -> Sequence[Judged]:
        """Rankings of real work and of control items."""
        return [each for line in self.submissions if (each := judged_of(line)).ranks]

    @cached_property
    def groups(self) -> Mapping[str, Group]:
        """Every labeler's group."""
        return {labeler.name: labeler.group for labeler in self._store.labelers()}

    @cached_property
    def batches(self) -> Sequence[Batch]:
        """How far each batch is."""
        times: dict[tuple[str, TaskKind], list[float]] = defaultdict(list)
        for line in self.submissions:
            asked = self.tasks[line.task]
            times[asked.batch, asked.task.kind].append(line.at)
        return [
            self._batch(progress, times[progress.name, progress.kind])
            for progress in self._store.overview.progress()
        ]

    @cached_property
    def agreement(self) -> Estimate | None:
        """The paper's figure: of two labelers, on which of two outputs is better."""
        return agreement_on_rankings(self.judged)

    @cached_property
    def alpha(self) -> Estimate | None:
        """The same beyond chance."""
        return alpha_of_rankings(self.judged) if self.judged else None

    @cached_property
    def pairs(self) -> Sequence[PairAgreement]:
        """Agreement of each two labelers."""
        return agreement_by_pair(self.judged)

    @cached_property
    def questions(self) -> Sequence[Question]:
        """Agreement on each question that anybody answered twice."""
        if not self.judged:
            return []
        agreement, alpha = agreement_on_questions(self.judged), alpha_of_questions(self.judged)
        return [
            Question(QUESTION_TITLES.get(name, "Overall quality"), agreement[name], alpha[name])
            for name in agreement
            if agreement[name] is not None
        ]

    @cached_property
    def disputes(self) -> Sequence[Dispute]:
        """Tasks whose outputs two labelers ordered differently."""
        return find_disputes(self.judged)

    @cached_property
    def accuracy(self) -> Mapping[str, Estimate]:
        """By labeler, agreement with gold."""
        return accuracy_by_labeler(accuracy_of_ranks, self.judged, self.gold)

    @cached_property
    def workers(self) -> Sequence[Worker]:
        """Everybody who has judged, in alphabetical order."""
        agreement, ties = agreement_by_labeler(self.judged), tied_share_by_labeler(self.judged)
        skips = self._store.overview.skips()
        seconds: dict[str, list[float]] = defaultdict(list)
        for line in self.submissions:
            seconds[line.labeler].append(line.seconds)
        today = self._store.overview.judgments(self.now - self.now % 86400)
        return [
            Worker(
                name=name,
                group=self.groups.get(name, Group.training),
                judgments=len(seconds[name]),
                today=today.get(name, 0),
                median_seconds=median(seconds[name]) if seconds[name] else None,
                agreement=agreement.get(name),
                gold=self.accuracy.get(name),
                ties=ties.get(name),
                skips=skips.get(name, 0),
            )
            for name in sorted({*seconds, *skips})
        ]

    def _batch(self, progress: Progress, times: Sequence[float]) -> Batch:
        pace = recent_pace(times, self.now)
        left = progress.open + progress.leased
        seconds = forecast(times, left, self.now)
        return Batch(
            **vars(progress),
            per_hour=None if pace is None else 3600 * pace,
            finish="done" if not left else _work_left(seconds),
        )


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
