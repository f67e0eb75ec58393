"""One text may be written with other characters: fullwidth letters, many kinds of spaces, some that nobody sees."""

import re
from unicodedata import category, normalize

_INVISIBLE = re.compile(
    # Unicode's Default_Ignorable_Code_Point: soft hyphens, zero-width spaces and joiners, marks of direction,
    # fillers, variation selectors, tags
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_HYPHENS = "\u2010\u2011"
"""One of its own, and one at which no line breaks."""


def without_invisible(text: str) -> str:
    """The text without the characters that have no width and no meaning for its words."""
    return _INVISIBLE.sub("", text)


def folded(text: str) -> str:
    """The same for texts that differ in letter case, composition (NFC, NFD), width or invisible characters alone."""
    if text.isascii():
        return text.casefold()
    # letters without their case may be composed otherwise
    return normalize("NFKC", normalize("NFKC", without_invisible(text)).casefold())


def plain(text: str) -> tuple[str, list[int]]:
    """The text in the plainest characters that there are one for one, and where in `text` each of them stands.

    Invisible ones are left out, spaces of all kinds are one, and hyphens are "-".
    """
    characters, places = [], []
    for place, character in enumerate(text):
        if not _INVISIBLE.match(character):
            characters.append(character if character.isascii() else _plain(character))
            places.append(place)
    return "".join(characters), places


def _plain(character: str) -> str:
    if category(character) == "Zs":
        return " "
    if character in _HYPHENS:
        return "-"
    compatible = normalize("NFKC", character)
    return compatible if len(compatible) == 1 else character
