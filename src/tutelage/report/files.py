"""A run's report on disk: the numbers for programs, the page for people. And the page of several runs."""

import json
from collections.abc import Sequence
from pathlib import Path

from tutelage.report.comparison.run import Run
from tutelage.report.results import Results
from tutelage.schema import InputError
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


def write_comparison(page: Path, runs: Sequence[Run]) -> None:
    """Write one page on several runs. Raises InputError where nothing of them can be compared, or where the page
    cannot be written.
    """
    from tutelage.report.comparison.page import render_comparison

    content = render_comparison(runs)
    try:
        write_atomically(page, content)
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}", where=str(page), remedy="name another file: --out FILE"
        ) from error
