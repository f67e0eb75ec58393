"""What people said, appended to a database and never changed; who they are and what they are asked; whole files."""

from tutelage.store.accounts import Accounts, Credentials, Invitation
from tutelage.store.assignments import Assignment
from tutelage.store.atomic import atomic_file, atomic_folder, write_atomically
from tutelage.store.collection import PREPARED, Collected, Collection, Feedback, PreparedPrompt
from tutelage.store.forgetting import Forgotten, Held
from tutelage.store.instructions import Instructions, Version
from tutelage.store.journal import ConflictError, Journal, Submission, UnknownError
from tutelage.store.keys import Key, Keys
from tutelage.store.overview import Asked, Overview, Progress
from tutelage.store.queue import Queue
from tutelage.store.store import Store
from tutelage.store.view import Count, Snapshot, View

__all__ = [
    "PREPARED",
    "Accounts",
    "Asked",
    "Assignment",
    "Collected",
    "Collection",
    "ConflictError",
    "Count",
    "Credentials",
    "Feedback",
    "Forgotten",
    "Held",
    "Instructions",
    "Invitation",
    "Journal",
    "Key",
    "Keys",
    "Overview",
    "PreparedPrompt",
    "Progress",
    "Queue",
    "Snapshot",
    "Store",
    "Submission",
    "UnknownError",
    "Version",
    "View",
    "atomic_file",
    "atomic_folder",
    "write_atomically",
]
