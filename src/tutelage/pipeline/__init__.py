"""The stages in order, each resumable, and skipped when its inputs have not changed."""

from tutelage.pipeline.next_round import continue_run
from tutelage.pipeline.run import run

__all__ = ["continue_run", "run"]
