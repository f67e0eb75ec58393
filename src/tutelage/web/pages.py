"""Pages of an app: templates filled in, and the number of the files that they load."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape


class Pages:
    """Those of an app's folder, which has `templates` and `static`. Whatever is filled in is text, never HTML."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def render(self, template: str, **context: Any) -> str:
        """The HTML of a template; besides the context it knows `version_of_static`."""
        page = self._templates.get_template(f"{template}.html")
        return page.render(version_of_static=self._version, **context)

    @cached_property
    def _templates(self) -> Environment:
        return Environment(
            loader=FileSystemLoader(self._folder / "templates"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    @cached_property
    def _version(self) -> str:
        """Another one when a static file is another."""
        contents = (path.read_bytes() for path in sorted((self._folder / "static").iterdir()))
        return hashlib.sha256(b"".join(contents)).hexdigest()[:8]
