"""The trackers of a run: what a monitor logs goes to all of them, and what they have is continued from start to start.

A tracker's run is continued as long as what it shows is still made from what this run is made from. Where a changed
recipe, or a further round, makes a stage anew, a new run begins there, with everything of metrics.jsonl that stays.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

from tutelage.tracking.choice import tracker_of
from tutelage.tracking.feed import Beginning, End, Feed, Summary
from tutelage.tracking.record import Record, digest, read_record
from tutelage.tracking.tracker import Point, Subject

PATIENCE = 5.0
SECONDS = 60.0
"""How long trackers are waited for at the end, before the user is told so and in all."""


class Trackers:
    """Passes metrics on. A context manager: inside it trackers are opened when there is something to show.

    metrics: the log, metrics.jsonl
    identities: what each stage of the run is made from, a hash
    begun: whether a stage's lines in the log are of this identity
    tell: shows the user a line
    """

    def __init__(
        self,
        names: Sequence[str],
        subject: Subject,
        metrics: Path,
        identities: Mapping[str, str],
        begun: Callable[[str, str], bool],
        tell: Callable[[str], None],
    ) -> None:
        self._names = names
        self._subject = subject
        self._metrics = metrics
        self._identities = identities
        self._begun = begun
        self._tell = tell
        self._feeds: dict[str, Feed | None] = {}
        self._logged = self._reached()

    def __enter__(self) -> "Trackers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for feed in self._open():
            feed.put(End())
        if kind is None or issubclass(kind, Exception):  # a second Ctrl-C waits for nobody
            self._wait()

    def begin(self, stage: str, step: int) -> None:
        """A stage begins or goes on after a step; its log was cut back to that."""
        for name in self._names:
            if (feed := self._feed(name)) is not None:
                feed.put(Beginning(stage, self._identity(stage), step))

    def log(self, stage: str, step: int, metrics: Mapping[str, float]) -> None:
        """A step of a stage is finished."""
        for feed in self._open():
            feed.put(Point(stage, step, metrics))

    def summarize(self, figures: Mapping[str, float]) -> None:
        """Show the figures of the report. A finished run is shown whole to trackers that it is new to."""
        for name in self._names:
            if (feed := self._feed(name)) is not None:
                feed.put(Summary(figures))

    def _open(self) -> list[Feed]:
        return [feed for feed in self._feeds.values() if feed is not None]

    def _feed(self, name: str) -> Feed | None:
        """The feed of a tracker, which begins with the first thing there is to show; None where it cannot be loaded."""
        if name not in self._feeds:
            try:
                self._feeds[name] = self._begun_feed(name)
            except Exception as error:  # whatever the import of a package can raise
                self._feeds[name] = None
                self._tell(f"{name} is left out: {error}")
        return self._feeds[name]

    def _begun_feed(self, name: str) -> Feed:
        tracker = tracker_of(name)
        place = digest([self._subject.project, *tracker.place()])
        record = self._continued(name, place) or Record(place=place)
        sent = {stage: max(had.step, self._logged.get(stage, 0)) for stage, had in record.stages.items()}
        feed = Feed(
            name, partial(tracker, self._subject, record.run), self._path(name), record, sent, self._tell
        )
        for item in self._kept():
            if item.stage not in sent:
                feed.put(item)
        return feed

    def _path(self, name: str) -> Path:
        return self._subject.folder / f"{name}.json"

    def _continued(self, name: str, place: str) -> Record | None:
        """The record of a tracker's run, where that shows nothing but what this run is made from."""
        record = read_record(self._path(name))
        if record is None or record.place != place:
            return None
        same = all(shown.identity == self._identity(stage) for stage, shown in record.stages.items())
        return record if same else None

    def _identity(self, stage: str) -> str:
        """Of the stage, or of the one that this is a part of: `labeler_folds.fold_1`."""
        return self._identities.get(stage.split(".")[0], "")

    def _kept(self) -> Iterator[Beginning | Point]:
        """What the log has of stages that are made from what they are made from now."""
        seen: set[str] = set()
        for point in list(self._points()):
            if point.stage not in seen:
                seen.add(point.stage)
                yield Beginning(point.stage, self._identity(point.stage), 0)
            yield point

    def _reached(self) -> dict[str, int]:
        """The last step of each stage in the log, before a stage that goes on cuts it back."""
        return {point.stage: point.step for point in self._points()}

    def _points(self) -> Iterator[Point]:
        if not self._metrics.exists():
            return
        for line in self._metrics.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:  # a line torn by a crash
                continue
            stage, step = entry.pop("stage"), entry.pop("step")
            if (whole := stage.split(".")[0]) in self._identities and self._begun(
                whole, self._identity(stage)
            ):
                yield Point(stage, step, entry)

    def _wait(self) -> None:
        """Give every tracker its time, all of them together a minute."""
        until = time.monotonic() + SECONDS
        for feed in self._open():
            if not feed.wait(PATIENCE):
                self._tell(f"waiting for {feed.name}, a minute at most; Ctrl-C leaves it")
                if not feed.wait(max(0.0, until - time.monotonic())):
                    feed.leave_out(f"it did not take everything within {SECONDS:.0f} seconds")
