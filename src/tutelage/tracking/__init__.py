"""A run's metrics shown elsewhere, as they come. metrics.jsonl stays the record of them; trackers are its mirrors."""

from tutelage.tracking.choice import NAMES, require_trackers, trackers_to_use
from tutelage.tracking.tracker import Point, Subject, Tracker
from tutelage.tracking.trackers import Trackers

__all__ = ["NAMES", "Point", "Subject", "Tracker", "Trackers", "require_trackers", "trackers_to_use"]
