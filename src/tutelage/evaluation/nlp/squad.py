"""SQuAD 2.0 (Rajpurkar et al. 2018): exact match and F1 of words with the nearest reference, and when not to answer."""

import re
import string
from collections import Counter
from collections.abc import Sequence

NO_ANSWER = frozenset(
    {
        "",
        "not in background",
        "no answer",
        "unanswerable",
        "not answerable",
        "unknown",
        "n/a",
        "na",
        "text does not say",
        "passage does not say",
    }
)
"""What says that the text has no answer, normalized; the first is silence."""


def normalize(text: str) -> str:
    """Lower case, without punctuation, articles and surplus blanks."""
    bare = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def is_no_answer(text: str) -> bool:
    """Whether this says that there is no answer."""
    return normalize(text) in NO_ANSWER or text.strip().lower() in NO_ANSWER


def exact_match(answer: str, references: Sequence[str]) -> float:
    """1 where the answer is one of the references, once normalized. No reference is a question without answer."""
    return max(float(_known(answer) == _known(reference)) for reference in references or [""])


def f1(answer: str, references: Sequence[str]) -> float:
    """The harmonic mean of the shares of words that answer and reference have in common, with the nearest reference."""
    return max(_f1(_known(answer).split(), _known(reference).split()) for reference in references or [""])


def _known(text: str) -> str:
    return "" if is_no_answer(text) else normalize(text)


def _f1(words: Sequence[str], wanted: Sequence[str]) -> float:
    if not words or not wanted:
        return float(words == wanted)
    common = sum((Counter(words) & Counter(wanted)).values())
    return 2 * common / (len(words) + len(wanted))
