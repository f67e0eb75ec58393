"""A run's report on disk: the numbers for programs, the page for people."""

import json
from pathlib import Path

from tutelage.report.results import Results
from tutelage.store import write_atomically


def write_report(folder: Path, results: Results) -> Path:
    """Write `report.json` and `report.html` into the run's folder, each wholly or not at all; returns the
    page's path.
    """
    # Only who draws the page pays for loading matplotlib.
    from tutelage.report.page import render_page

    page = render_page(results)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(
        folder / "report.json",
        json.dumps(results.to_json(), ensure_ascii=False, indent=1, allow_nan=False) + "\n",
    )
    write_atomically(folder / "report.html", page)
    return folder / "report.html"
