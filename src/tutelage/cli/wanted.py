"""The texts of a forgotten user, and how they are known again in values and in files.

A text that many others hold by chance must not have them changed; one that nobody else wrote is to be found.
"""

import html
import json
import mmap
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

LONG = 40
"""Characters from which a text is known wherever it stands. A shorter one, such as "initialization", is part of many
texts by chance: it is known where it is the whole of a prompt, a line, a cell or a quoted value."""
SHORTEST = 12
"""Characters of a text that is looked for outside of prompts."""
PROMPTS = ("prompt", "question", "instruction", "content", "text")
"""Names under which a row has what was asked, the surest first: beside a prompt a text is an answer."""
_AROUND = b"\"'`,;\t\r\n<>"
"""What a line, a cell, a quoted value or an element of a page ends with."""


class Wanted:
    """The texts of a user, and which values and files hold them."""

    def __init__(self, texts: Collection[str]) -> None:
        self._whole = {text.strip() for text in texts}
        self._long = [text for text in texts if len(text) >= LONG]
        self._written = {text: _written(text) for text in texts if len(text) >= SHORTEST}

    def asked(self, prompt: str) -> bool:
        """Whether a prompt is one of the texts, or holds a long one."""
        return prompt.strip() in self._whole or self.quoted(prompt)

    def quoted(self, value: str) -> bool:
        """Whether a long text stands in it."""
        return any(text in value for text in self._long)

    def is_theirs(self, row: Any) -> bool:
        """Whether a row, at any depth, has one of their prompts, or quotes one."""
        if isinstance(row, str):
            return self.quoted(row)
        prompt = _prompt_of(row) if isinstance(row, dict) else None
        return (prompt is not None and self.asked(prompt)) or any(map(self.is_theirs, _parts(row)))

    def count(self, path: Path, *, long_only: bool = False) -> int:
        """How many of the texts a file holds, in any way of writing. long_only: count no short ones."""
        if path.stat().st_size == 0:
            return 0
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return sum(
                any(_stands(content, way, alone=len(text) < LONG) for way in ways)
                for text, ways in self._written.items()
                if len(text) >= LONG or not long_only
            )


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _prompt_of(row: Mapping[str, Any]) -> str | None:
    """What was asked; nothing in what an assistant said."""
    if row.get("role", "user") not in ("user", "human"):
        return None
    return next((row[name] for name in PROMPTS if isinstance(row.get(name), str)), None)


def _written(text: str) -> set[bytes]:
    """A text's bytes as they stand in plain files, in JSON with and without escapes, and in HTML."""
    ways = (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], html.escape(text))
    # jinja escapes quotes by numbers
    return {
        way.encode()
        for way in (*ways, html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"))
    }


def _stands(content: mmap.mmap, way: bytes, alone: bool) -> bool:
    """Whether these bytes are in the content. alone: only as the whole of a line, a cell or a value."""
    start = content.find(way)
    while start >= 0:
        end = start + len(way)
        before, after = content[max(start - 1, 0) : start], content[end : end + 1]
        # nothing stands before the beginning, and nothing is in everything
        if not alone or (before in _AROUND and after in _AROUND):
            return True
        start = content.find(way, start + 1)
    return False
