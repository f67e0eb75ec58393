"""The stages in order, each resumable, and skipped when its inputs have not changed."""

from tutelage.pipeline.run import run

__all__ = ["run"]
