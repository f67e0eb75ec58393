"""One tracker, fed from a thread of its own: training never waits for it, and what it raises ends it alone."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from queue import SimpleQueue

from tutelage.tracking.record import Record, Shown, digest, write_record
from tutelage.tracking.tracker import Point, Tracker


@dataclass(frozen=True)
class Beginning:
    """A stage of this identity begins, or goes on, after a step."""

    stage: str
    identity: str
    step: int


@dataclass(frozen=True)
class Summary:
    """The figures of the report."""

    figures: Mapping[str, float]


@dataclass(frozen=True)
class End:
    """Nothing more comes."""


Item = Beginning | Point | Summary | End


class Feed:
    """Passes a run's metrics on to one tracker.

    open: opens it; in the thread, for that may take a minute where there is no network
    path: of its record
    record: what was known of the run at the start
    sent: stage -> the step up to which the run has it: those steps are not shown twice when they are done again
    tell: shows the user a line
    """

    def __init__(
        self,
        name: str,
        open: Callable[[], Tracker],
        path: Path,
        record: Record,
        sent: Mapping[str, int],
        tell: Callable[[str], None],
    ) -> None:
        self.name = name
        self._open = open
        self._path = path
        self._record = record
        self._tell = tell
        self._sent = dict(sent)
        self._left_out = False
        self._items: SimpleQueue[Item] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"tracker {name}", daemon=True)
        self._thread.start()

    def put(self, item: Item) -> None:
        """Pass this on when it is its turn, unless the tracker was left out."""
        if self._thread.is_alive():
            self._items.put(item)

    def wait(self, seconds: float) -> bool:
        """Whether everything up to the end was passed on, or the tracker was left out, within this time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def leave_out(self, why: str) -> None:
        """Tell the user, and forget the run: it lacks something, and the next start shows all in a new one."""
        if self._left_out:
            return
        self._left_out = True
        self._path.unlink(missing_ok=True)
        self._tell(
            f"{self.name} is left out: {why}. metrics.jsonl has everything; the next start sends it to a new run there"
        )

    def _work(self) -> None:
        try:
            self._pass_on()
        except Exception as error:  # whatever a tracker or its network can raise
            told = str(error).strip().splitlines() or [type(error).__name__]
            self.leave_out(told[0][:200])

    def _pass_on(self) -> None:
        tracker, ended = None, False
        while not ended:
            items = self._waiting()
            ended = isinstance(items[-1], End)
            new = [item for item in items if not self._is_known(item)]
            if new and tracker is None:
                tracker = self._open_run()
            for _, alike in groupby(new, type):
                assert tracker is not None
                self._show(tracker, list(alike))
        if tracker is not None:
            tracker.close()

    def _is_known(self, item: Item) -> bool:
        """Whether there is nothing to show: for that alone a tracker is not opened."""
        if isinstance(item, Summary):
            return self._record.figures == digest(item.figures)
        return isinstance(item, End)

    def _open_run(self) -> Tracker:
        tracker = self._open()
        self._tell(f"{self.name}: {tracker.address}")
        self._keep(self._record.model_copy(update={"run": tracker.run}))
        return tracker

    def _waiting(self) -> list[Item]:
        """At least one: a tracker that is slower than the steps gets many of them at once."""
        items = [self._items.get()]
        while not self._items.empty():
            items.append(self._items.get())
        return items

    def _show(self, tracker: Tracker, items: Sequence[Item]) -> None:
        points = [item for item in items if isinstance(item, Point)]
        new = [point for point in points if point.step > self._sent.get(point.stage, 0)]
        if new:
            tracker.log(new)
        for point in new:
            self._sent[point.stage] = point.step
        for item in items:
            if isinstance(item, Beginning):
                self._begin(tracker, item)
            elif isinstance(item, Summary):
                self._summarize(tracker, item.figures)

    def _begin(self, tracker: Tracker, beginning: Beginning) -> None:
        if tracker.rewind(beginning.stage, beginning.step):
            self._sent[beginning.stage] = beginning.step
        shown = Shown(identity=beginning.identity, step=self._sent.get(beginning.stage, 0))
        stages = {**self._record.stages, beginning.stage: shown}
        self._keep(self._record.model_copy(update={"stages": stages}))

    def _summarize(self, tracker: Tracker, figures: Mapping[str, float]) -> None:
        tracker.summarize(figures)
        self._keep(self._record.model_copy(update={"figures": digest(figures)}))

    def _keep(self, record: Record) -> None:
        self._record = record
        if not self._left_out:
            write_record(self._path, record)
