"""Links between documents lead to files that exist, and the README's reading order is one."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def links(page: Path) -> list[str]:
    """Targets of Markdown links that stay inside the project."""
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    return [target for target in targets if not target.startswith(("http://", "https://"))]


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_internal_links_resolve(page: Path) -> None:
    for target in links(page):
        found = (page.parent / target.split("#")[0]).resolve()
        assert found.exists(), f"{page.name}: {target}"
        assert found.is_relative_to(ROOT), f"{page.name}: {target} leaves the project"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, open_pages = {ROOT / "README.md"}, [ROOT / "README.md"]
    while open_pages:
        page = open_pages.pop()
        for target in links(page):
            found = (page.parent / target.split("#")[0]).resolve()
            if found.suffix == ".md" and found not in reached:
                reached.add(found)
                open_pages.append(found)
    assert {page for page in PAGES if page.name != "CHANGELOG.md"} <= reached


def test_the_reading_order_names_ten_files() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("## Reading order")[1].split("\n## ")[0]
    items = re.findall(r"^(\d+)\. \[([^\]]+)\]\(([^)]+)\)", section, re.MULTILINE)
    assert [int(number) for number, _, _ in items] == list(range(1, 11))
    for _, name, target in items:
        assert target == f"src/tutelage/{name}"
        assert (ROOT / target).is_file()
