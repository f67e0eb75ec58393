"""Sentence patterns that can be both spoken and recognised: one grammar for whoever writes and whoever judges."""

import re
from collections.abc import Sequence
from functools import lru_cache

_SLOT = re.compile(r"\{(a:)?(\w+)\}")


def article(noun: str) -> str:
    """The noun with its indefinite article: ``an owl``, ``a bear``."""
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


def capitalize(sentence: str) -> str:
    """The sentence with a capital first letter, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


def render(pattern: str, **values: str) -> str:
    """Fill the slots of a pattern; ``{a:noun}`` puts the right article before the noun."""
    filled = _SLOT.sub(lambda slot: article(values[slot[2]]) if slot[1] else values[slot[2]], pattern)
    return capitalize(filled)


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    seen: set[str] = set()

    def slot(match: re.Match[str]) -> str:
        name = match[2]
        word = f"(?P={name})" if name in seen else rf"(?P<{name}>\w+)"
        seen.add(name)
        return (r"an?\ " if match[1] else "") + word

    parts, end = [], 0
    for match in _SLOT.finditer(pattern):
        parts.append(re.escape(pattern[end : match.start()]))
        parts.append(slot(match))
        end = match.end()
    parts.append(re.escape(pattern[end:]))
    return re.compile("".join(parts), re.IGNORECASE)


def parse(pattern: str, sentence: str) -> dict[str, str] | None:
    """The words that fill the pattern's slots in this sentence, or None when it does not follow the pattern."""
    match = _expression(pattern).fullmatch(sentence)
    return None if match is None else match.groupdict()


def parse_any(patterns: Sequence[str], sentence: str) -> dict[str, str] | None:
    """As :func:`parse`, by the first pattern that fits."""
    for pattern in patterns:
        values = parse(pattern, sentence)
        if values is not None:
            return values
    return None


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its closing mark; a last one without a mark is kept as it is."""
    return [part.strip() for part in re.findall(r"[^.!?]+[.!?]?", text) if part.strip()]


def series(items: Sequence[str]) -> str:
    """A list as people write it: ``glee, joy, bliss``."""
    return ", ".join(items)
