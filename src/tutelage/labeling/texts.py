"""The texts that ship with the app: instructions, and a first set for the screening."""

from functools import lru_cache
from pathlib import Path

from markdown_it import MarkdownIt

from tutelage.labeling.filling import read_screening
from tutelage.schema import Task, TaskKind
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

_FOLDER = Path(__file__).parent / "shipped"

# no HTML of the author's own: an owner's page is shown to all labelers
_markdown = MarkdownIt("commonmark", {"html": False})


@lru_cache(maxsize=64)
def render(text: str) -> str:
    """Markdown as HTML, with the author's own HTML shown as text."""
    return _markdown.render(text)


def ship(store: Store) -> None:
    """Put the instructions and the screening into a database that never had any."""
    for kind in TITLES:
        page = _FOLDER / f"{kind}.md"
        if page.is_file():
            store.instructions.ship(kind, page.read_text(encoding="utf-8"))
    if not store.queue.has_screening():
        store.queue.add(shipped_screening(), SCREENING)


def shipped_screening() -> list[Task]:
    """Texts to flag, outputs to rank, sensitive prompts to answer, and the self-assessment."""
    return read_screening(_FOLDER / "screening.jsonl")
