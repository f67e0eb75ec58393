"""Playgrounds of each test's own, and windows to look at them with."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from tests.serving.browser.material import ANSWERS
from tests.serving.browser.playground import Playground

from tutelage.serving.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from tests.labeling.browser.window import Windows


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that take no time, as nobody is after these passwords."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("tutelage.web.passwords._hasher", quick)
    monkeypatch.setattr("tutelage.web.passwords._nobodys", quick.hash("nobody"))


@pytest.fixture
def opened(
    browser: "Browser", tmp_path: Path, request: pytest.FixtureRequest
) -> "Iterator[Callable[..., tuple[Playground, Windows]]]":
    """Makes a playground, and windows that may not ask another host for anything, complain, or open a dialog."""
    from tests.labeling.browser.window import Windows

    with ExitStack() as stack:

        def open_it(answers: dict[str, str] = ANSWERS, **settings: Any) -> "tuple[Playground, Windows]":
            site = stack.enter_context(Playground(tmp_path / "tutelage.db", answers, Settings(**settings)))
            windows = Windows(browser, site, request.node.name)
            stack.callback(close, windows)
            return site, windows

        yield open_it


def close(windows: "Windows") -> None:
    """Nothing went wrong in any window."""
    assert windows.close() == []
