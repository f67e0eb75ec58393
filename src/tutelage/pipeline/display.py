"""What the user sees while a run works: one line a stage, with a progress bar and the time left for it."""

import time
from collections.abc import Mapping
from types import TracebackType

from huggingface_hub.utils import logging as hub_logging
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from transformers.utils import logging

PLAIN_SECONDS = 30.0
"""Between two lines about one stage where the output is a file, not a terminal."""

SHOWN = ("loss", "validation_loss", "accuracy", "score", "kl", "utility")
"""Metrics worth their place beside the bar, in this order, where a stage reports them."""


class StageDisplay:
    """The line of the stage at work; trainers report to it."""

    def __init__(self, console: Console, title: str, progress: Progress | None) -> None:
        self._console = console
        self.title = title
        self._progress = progress
        self._task: TaskID | None = (
            None if progress is None else progress.add_task(title, total=None, metrics="")
        )
        self._said = time.monotonic()

    def update(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        """Show that `done` of `total` steps are finished, and the metrics that matter."""
        text = "  ".join(f"{name} {metrics[name]:.3f}" for name in SHOWN if name in metrics)
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total, metrics=text)
        elif time.monotonic() - self._said > PLAIN_SECONDS:
            self._said = time.monotonic()
            self._console.print(f"  {self.title}: {done} of {total}  {text}", highlight=False)


def silence_transformers() -> None:
    """Keep transformers from drawing a bar for every model it loads or writes, and the hub from telling its retries."""
    logging.disable_progress_bar()
    hub_logging.set_verbosity_error()


class Display:
    """The run's output. A context manager: inside it the bar of the current stage lives at the bottom."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._progress: Progress | None = None
        if console.is_terminal:
            self._progress = Progress(
                TextColumn("[bold]{task.description}"),
                BarColumn(),
                TextColumn("{task.completed}/{task.total}"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                TextColumn("[dim]{task.fields[metrics]}"),
                console=console,
                transient=True,
            )

    def __enter__(self) -> "Display":
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def begin(self, title: str) -> StageDisplay:
        """A stage begins: its line replaces the one before."""
        if self._progress is not None:
            for task in self._progress.task_ids:
                self._progress.remove_task(task)
        else:
            self.console.print(f"{title} ...", highlight=False)
        return StageDisplay(self.console, title, self._progress)

    def say(self, text: str) -> None:
        """A line that stays."""
        self.console.print(text, highlight=False)
