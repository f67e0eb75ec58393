"""A site of each test's own, and a browser to look at it with: Chromium, as a person's."""

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

# The last four: no update, no sign-in and no telemetry of the browser's own while the tests run.
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Started once for all tests of a process."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("the labelers' pages are tested in Chromium, and there is none: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield chromium
        chromium.close()


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
