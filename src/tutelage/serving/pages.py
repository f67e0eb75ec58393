"""The pages that people see: templates filled in, and the files that they load."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"


def page(template: str, **context: Any) -> HTMLResponse:
    """A page of `templates`."""
    html = _templates().get_template(f"{template}.html").render(version_of_static=_version(), **context)
    return HTMLResponse(html)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _version() -> str:
    """Another one when a static file is another."""
    contents = (path.read_bytes() for path in sorted(STATIC.iterdir()))
    return hashlib.sha256(b"".join(contents)).hexdigest()[:8]
