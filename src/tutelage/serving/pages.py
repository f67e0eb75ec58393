"""The pages that people see, and the files that they load."""

from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse

from tutelage.web.pages import Pages

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"

_pages = Pages(FOLDER)


def page(template: str, **context: Any) -> HTMLResponse:
    """A page of `templates`."""
    return HTMLResponse(_pages.render(template, **context))
