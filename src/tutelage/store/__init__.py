"""What people said, appended to a database and never changed; and files written wholly or not at all."""

from tutelage.store.atomic import atomic_file, atomic_folder, write_atomically
from tutelage.store.store import Store
from tutelage.store.view import Count, Snapshot, View

__all__ = ["Count", "Snapshot", "Store", "View", "atomic_file", "atomic_folder", "write_atomically"]
