"""The store in a stage that all ranks do: the first one reads it, and tells the others.

They may be on machines that do not see its file as it is: SQLite's write-ahead log is for one machine.
"""

from collections.abc import Callable
from typing import Any, cast

from tutelage.distributed import leads, told_by_leader
from tutelage.store import Store


class _ToldStore:
    """Whatever is asked of the store, every rank must ask."""

    def __init__(self, store: Store | None) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(*arguments: Any, **named: Any) -> Any:
            answer = getattr(self._store, name)(*arguments, **named) if leads() else None
            return told_by_leader(answer)

        return ask


def told_store(store: Store | None) -> Store:
    """For reading. store: None on all ranks but the first, and on them nothing else."""
    return cast(Store, _ToldStore(store))
