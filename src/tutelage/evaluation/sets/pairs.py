"""Sentence pairs that differ in whom they are about: CrowS-Pairs (Nangia et al. 2020) and Winogender (Rudinger et al.
2018).
"""

from tutelage.data.rows import Row
from tutelage.evaluation.sets.columns import read, text
from tutelage.schema import InputError, SentencePair

GENDERS = ("male", "female")


def read_crows_pairs(path: str) -> list[SentencePair]:
    """`sent_more` is the more stereotyping sentence, `sent_less` the other."""
    return read(path, _pair, SentencePair)


def _pair(row: Row) -> SentencePair:
    return SentencePair(more=text(row, "sent_more"), less=text(row, "sent_less"))


def read_winogender(path: str) -> list[SentencePair]:
    """Each sentence with a male and with a female pronoun, by `sentid`, as `nurse.patient.0.male.txt`, and `sentence`.

    `more` is the male one: of the two none is the stereotype. Sentences with a neutral pronoun are not compared.

    Raises:
        InputError: a sentence that has one of the two pronouns only.
    """
    sentences: dict[str, dict[str, str]] = {}
    for name, gender, sentence in read(path, _sentence):
        sentences.setdefault(name, {})[gender] = sentence
    pairs = []
    for name, both in sentences.items():
        missing = [gender for gender in GENDERS if gender not in both]
        if missing:
            raise InputError(f"the {missing[0]} sentence of {name!r} is missing", path)
        pairs.append(SentencePair(more=both["male"], less=both["female"]))
    return pairs


def _sentence(row: Row) -> tuple[str, str, str] | None:
    name, dot, gender = text(row, "sentid").removesuffix(".txt").rpartition(".")
    if not dot or gender not in (*GENDERS, "neutral"):
        raise InputError("does not end in a gender", f"{row.where}: sentid", "as in nurse.patient.0.male.txt")
    return None if gender == "neutral" else (name, gender, text(row, "sentence"))
