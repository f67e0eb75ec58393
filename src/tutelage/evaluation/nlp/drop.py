"""DROP (Dua et al. 2019): exact match and F1 of words, where a wrong number is worth nothing."""

import re
import string
from collections.abc import Sequence

PUNCTUATION = frozenset(string.punctuation)


def exact_match(answer: str, references: Sequence[str]) -> float:
    """1 where the answer is one of the references, once normalized."""
    return max(float(_normalize(answer) == _normalize(reference)) for reference in references)


def f1(answer: str, references: Sequence[str]) -> float:
    """F1 of the sets of words with the nearest reference, to two digits as the task's own program gives it.

    Where a reference holds numbers and the answer none of them, 0. An answer of several parts is one text here, as
    models write it; the task's program, given them one by one, would pair them.
    """
    return max(round(_f1(_words(answer), _words(reference)), 2) for reference in references)


def _words(text: str) -> frozenset[str]:
    return frozenset(_normalize(text).split())


def _normalize(text: str) -> str:
    """Words in lower case, without punctuation and articles; numbers as numbers, `1,000` and `1000.0` alike."""
    words = (_normalize_word(word) for word in re.split(r"[ -]", text))
    return " ".join(word for word in words if word)


def _normalize_word(word: str) -> str:
    word = word.lower()
    if _number(word) is None:
        word = "".join(letter for letter in word if letter not in PUNCTUATION)
    number = _number(word)
    if number is not None:
        word = str(number)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", word).split())


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _f1(words: frozenset[str], wanted: frozenset[str]) -> float:
    numbers = {word for word in wanted if _number(word) is not None}
    if numbers and not numbers & words:
        return 0.0
    common = len(words & wanted)
    precision = common / len(words) if words else 1.0
    recall = common / len(wanted) if wanted else 1.0
    return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)
