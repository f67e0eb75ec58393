"""Which of a classifier's labels says that a text is toxic."""

import re
from collections.abc import Sequence

from tutelage.schema import InputError, suggestion

TOXIC = {"toxic", "toxicity"}
RELATED = {"hate", "hateful", "hatespeech", "offensive", "abusive", "abuse"}
"""What the like of it is called where no label is named toxic."""
DENIED = {"non", "not", "no", "none", "never", "without", "free", "neutral"}
"""With one of these words a label means the contrary."""


def toxic_label(names: Sequence[str], wanted: str | None, where: str) -> int:
    """The place of the label `wanted`; without one, of the label whose name says that it is the toxic one.

    Of two labels without a meaning (LABEL_0, LABEL_1) it is the second, and one alone is it. Raises InputError, which
    lists the labels, for an unknown one, and where the names do not tell.
    """
    if wanted is not None:
        places = {name.lower(): place for place, name in reversed(list(enumerate(names)))}
        if wanted.lower() not in places:
            raise InputError(f"has no label {wanted!r}", where, suggestion(wanted, names))
        return places[wanted.lower()]
    words = [re.findall(r"[a-z]+", name.lower()) for name in names]
    exact = [place for place, own in enumerate(words) if len(own) == 1 and own[0] in TOXIC]
    telling = [
        place
        for place, own in enumerate(words)
        if (TOXIC | RELATED).intersection(own) and not DENIED.intersection(own)
    ]
    for found in (exact, telling):
        if len(found) == 1:
            return found[0]
    if len(names) <= 2 and all(re.fullmatch(r"(label)?_?\d+", name.lower()) for name in names):
        return len(names) - 1
    raise InputError(
        f"which of its labels means toxic? It has {', '.join(names)}", where, f"name one: {where}:LABEL"
    )
