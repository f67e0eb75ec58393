"""TensorBoard: event files in the run's folder, a folder for each stage.

A stage that goes on tells TensorBoard to forget the steps that are done again (`purge_step`). It forgets them of all
that its folder has, and stages count their steps each from 1: hence the folders.
"""

from collections.abc import Mapping, Sequence

import yaml
from torch.utils.tensorboard import SummaryWriter

from tutelage.tracking.tracker import Point, Subject


class TensorBoard:
    """Writes event files."""

    def __init__(self, subject: Subject, earlier: str | None) -> None:
        self.run = "tensorboard"
        self._folder = subject.folder / "tensorboard"
        self.address = f"tensorboard --logdir {self._folder}"
        if earlier is None:  # what lies there shows what this run no longer is
            for file in self._folder.glob("*/events.out.tfevents.*"):
                file.unlink()
        self._writers: dict[str, SummaryWriter] = {}
        recipe = yaml.safe_dump(dict(subject.config), sort_keys=False, allow_unicode=True)
        self._whole = SummaryWriter(str(self._folder / "run"))
        self._whole.add_text("recipe", f"```yaml\n{recipe}```")
        self._whole.flush()

    @staticmethod
    def place() -> Sequence[str | None]:
        """The run's own folder, always."""
        return ()

    def rewind(self, stage: str, step: int) -> bool:
        """Whoever reads the files drops the stage's later steps."""
        if stage in self._writers:
            self._writers[stage].close()
        self._writers[stage] = SummaryWriter(str(self._folder / stage), purge_step=step + 1)
        return True

    def log(self, points: Sequence[Point]) -> None:
        """On disk at once, so that a killed process loses nothing."""
        for point in points:
            for name, value in point.named.items():
                self._writers[point.stage].add_scalar(name, value, point.step)
        for stage in {point.stage for point in points}:
            self._writers[stage].flush()

    def summarize(self, figures: Mapping[str, float]) -> None:
        """As scalars of a single step."""
        for name, value in figures.items():
            self._whole.add_scalar(name, value, 0)
        self._whole.flush()

    def close(self) -> None:
        """Close the files."""
        for writer in (*self._writers.values(), self._whole):
            writer.close()
