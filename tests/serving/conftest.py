"""Servers of each test's own, one for those that change nothing in it, and a gate before the drawing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.serving.house import House, serving

from tutelage.rollout.service import Station
from tutelage.serving.settings import Settings


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server as it is without options, for tests that leave nothing behind."""
    with serving(tmp_path_factory.mktemp("serving") / "tutelage.db") as house:
        yield house


Open = Callable[..., House]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Makes a server with these settings, over the test's own store."""
    with ExitStack() as stack:
        yield lambda grace=5.0, models=None, rows=64, **settings: stack.enter_context(
            serving(tmp_path / "tutelage.db", Settings(**settings), grace=grace, models=models, rows=rows)
        )


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Nothing is drawn while it is closed; it is open at first."""
    gate = threading.Event()
    gate.set()
    step = Station.step

    def step_through(self: Station) -> None:
        gate.wait()
        step(self)

    monkeypatch.setattr(Station, "step", step_through)
    yield gate
    gate.set()
