"""What the tests take from Playwright, and windows in which nothing may happen that no page should do.

Whoever imports this where Playwright is missing is skipped.
"""

import os
import re
from pathlib import Path

import pytest

pytest.importorskip(
    "playwright.sync_api",
    reason="the labelers' pages are tested in a browser, driven by Playwright: pip install playwright",
)

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    Error,
    Locator,
    Page,
    Request,
    Response,
    Route,
    expect,
)
from tests.labeling.browser.site import Site

from tutelage.schema import Account
from tutelage.web.sessions import COOKIE

__all__ = ["Locator", "Page", "Route", "Windows", "expect", "fits", "settle", "text_of"]

PATIENCE = 15_000
"""Milliseconds for which a busy machine is waited for."""

expect.set_options(timeout=PATIENCE)


class Windows:
    """Opens windows of a site, each a browser of its own, and notes what goes wrong in any of them."""

    def __init__(self, browser: Browser, site: Site, name: str) -> None:
        self.problems: list[str] = []
        self._allowed: list[str] = []
        self._browser, self._site, self._name = browser, site, name

    def open(
        self,
        account: Account | None = None,
        path: str = "/",
        width: int = 1280,
        height: int = 860,
        dark: bool = False,
    ) -> Page:
        """A page, signed in as somebody."""
        context = self._browser.new_context(
            base_url=self._site.url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        if account is not None:
            cookie = self._site.cookie(account)
            context.add_cookies([{"name": COOKIE, "value": cookie, "url": self._site.url}])
        context.on("page", self._watch)
        page = context.new_page()
        page.goto(path)
        return page

    def allow(self, pattern: str) -> None:
        """Say that the console may complain about this: where a test makes it happen."""
        self._allowed.append(pattern)

    def photograph(self, page: Page, name: str, whole: bool = False) -> None:
        """Keep a picture in the folder TUTELAGE_SCREENSHOTS, where that is set."""
        folder = os.environ.get("TUTELAGE_SCREENSHOTS")
        if folder is not None:
            settle(page)  # times are written by the page's script
            place = Path(folder) / f"{re.sub(r'[^a-z0-9]+', '-', self._name)}.{name}.png"
            page.screenshot(path=place, full_page=whole, animations="disabled")

    def close(self) -> list[str]:
        """Close all windows; returns what went wrong in them."""
        for context in self._browser.contexts:
            context.close()
        return [one for one in self.problems if not any(re.search(each, one) for each in self._allowed)]

    def _watch(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", self._note_failure)
        page.on("request", self._follow)
        page.on("response", self._look_at)
        page.on("dialog", self._answer)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"the console: {message.text}")

    def _note_failure(self, error: Error) -> None:
        self.problems.append(f"a script failed: {error}")

    def _answer(self, dialog: Dialog) -> None:
        self.problems.append(f"a dialog: {dialog.message}")
        dialog.accept()

    def _follow(self, request: Request) -> None:
        if not request.url.startswith((f"{self._site.url}/", "data:", "blob:")):
            self.problems.append(f"a request elsewhere: {request.url}")

    def _look_at(self, response: Response) -> None:
        if response.status >= 500:
            self.problems.append(f"the server failed: {response.status} {response.url}")


def settle(page: Page) -> None:
    """Wait until a page has loaded: a key that is pressed before its script listens goes nowhere."""
    page.wait_for_load_state("load")


def text_of(found: Locator) -> str:
    """The text of one element."""
    return found.text_content() or ""


def fits(page: Page) -> bool:
    """Whether a page is no wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
