"""Both pages as a browser has them: axe's rules, light and dark, on a phone; and on paper nothing is folded or dark."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe checks the pages: install .[dev]"
)


@pytest.fixture(scope="module")
def pages(
    report_html: str, comparison_html: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """By name, the file of each page."""
    folder = tmp_path_factory.mktemp("pages")
    for name, content in (("report", report_html), ("comparison", comparison_html)):
        (folder / f"{name}.html").write_text(content, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in ("report", "comparison")}


@pytest.fixture(params=["report", "comparison"])
def page(browser: "Browser", pages: dict[str, Path], request: pytest.FixtureRequest) -> Iterator["Page"]:
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(pages[request.param].as_uri())
    yield page
    context.close()


@pytest.mark.parametrize(
    ("width", "colours"), [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")]
)
def test_no_rule_of_axe_is_broken(page: "Page", width: int, colours: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found = axe.Axe().run(page).response["violations"]
    assert [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]] == []


@pytest.mark.parametrize("width", [360, 700, 1280, 1900])
def test_no_page_is_wider_than_its_window(page: "Page", width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_figure_is_drawn_for_the_width_it_is_seen_at(page: "Page") -> None:
    for width, shown, hidden in ((1280, "at-wide", "at-narrow"), (360, "at-narrow", "at-wide")):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.locator(f"figure > .{shown}").first.is_visible()
        assert page.locator(f"figure > .{hidden}").first.is_hidden()


def test_on_paper_nothing_is_folded_dark_or_cut(page: "Page") -> None:
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).getPropertyValue('--paper')") == "#fbfaf8"
    folded = page.locator("details:not([open]) table")
    assert folded.count() > 3
    assert all(each.evaluate("each => each.getBoundingClientRect().height") > 20 for each in folded.all())
    assert not any(nav.is_visible() for nav in page.locator("nav").all())
