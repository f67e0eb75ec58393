"""The texts that ship with the app: instructions, and a first set for the screening."""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from markdown_it import MarkdownIt

from tutelage.schema import Gold, Prompt, Task, TaskKind
from tutelage.store import Store

TITLES = {
    TaskKind.write: "Write a prompt",
    TaskKind.demonstrate: "Write an answer",
    TaskKind.rank: "Rank outputs",
    TaskKind.evaluate: "Compare models",
    TaskKind.flag: "Recognise sensitive text",
    TaskKind.assess: "About yourself",
}
"""How the kinds of work are called, in the order in which they are offered."""

ABOUT = {
    TaskKind.write: "Make up something that people would ask.",
    TaskKind.demonstrate: "Answer a prompt as you would want it answered.",
    TaskKind.rank: "Mark each output of a prompt, then order them from best to worst.",
    TaskKind.evaluate: "The same, where what is true and harmless comes first.",
    TaskKind.flag: "Say whether a text is sensitive.",
    TaskKind.assess: "Tell us which kinds of sensitive text you recognise well.",
}

SCREENING = "screening"
"""The batch of the shipped screening."""

# no HTML of the author's own: an owner's page is shown to all labelers
_markdown = MarkdownIt("commonmark", {"html": False})


@lru_cache(maxsize=64)
def render(text: str) -> str:
    """Markdown as HTML, with the author's own HTML shown as text."""
    return _markdown.render(text)


def ship(store: Store) -> None:
    """Put the instructions and the screening into a database that has none."""
    for kind in TITLES:
        name = f"{kind}.md"
        if _folder.joinpath(name).is_file():
            store.instructions.ship(kind, _folder.joinpath(name).read_text(encoding="utf-8"))
    if not store.overview.control(screening=True):
        store.queue.add(shipped_screening(), SCREENING)


def shipped_screening() -> list[Task]:
    """Texts to flag, outputs to rank, sensitive prompts to answer, and the self-assessment."""
    lines = _folder.joinpath("screening.jsonl").read_text(encoding="utf-8").splitlines()
    return [*(screening_task(json.loads(line)) for line in lines), Task(kind=TaskKind.assess, screening=True)]


def screening_task(row: Mapping[str, Any]) -> Task:
    """A task of the screening from `{"kind", "prompt", …}`. Raises pydantic's ValidationError for what is none."""
    gold = {name: row[name] for name in Gold.model_fields if name in row}
    return Task(
        kind=row["kind"],
        prompt=Prompt(text=row.get("prompt")),
        completions=row.get("completions", ()),
        gold=Gold(**gold) if gold else None,
        screening=True,
    )


_folder = files("tutelage.labeling").joinpath("shipped")
