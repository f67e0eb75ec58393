"""A site of each test's own, and windows to look at it with."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.labeling.browser.site import Site

from tutelage.store import Store

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from tests.labeling.browser.window import Windows


@pytest.fixture
def site(shipped: Path, tmp_path: Path) -> Iterator[Site]:
    """A server over a database of the test's own."""
    with Site(Store(shutil.copy(shipped, tmp_path / "tutelage.db"))) as site:
        yield site


@pytest.fixture
def windows(browser: "Browser", site: Site, request: pytest.FixtureRequest) -> Iterator["Windows"]:
    """Windows of the site; none may ask another host for anything, complain, or open a dialog."""
    from tests.labeling.browser.window import Windows

    windows = Windows(browser, site, request.node.name)
    yield windows
    assert windows.close() == []
