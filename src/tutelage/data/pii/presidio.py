"""Microsoft Presidio's recognisers beside our patterns: those that need neither a language model nor the network.

Presidio's analyser wants a spaCy model; its recognisers by pattern are called one by one instead. Left out are the
ones of e-mail and URLs, which fetch a list of domains from the internet; those of cards, accounts and machines, whose
checks `numbers` has; and numbers of digits alone whose one check digit a tenth of all numbers have right (NHS, Aadhaar,
TFN, personnummer …). Needs the extra `privacy`.
"""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tutelage.data.pii import credentials, numbers, people
from tutelage.data.pii.disguise import through_disguise
from tutelage.data.pii.finding import Finder, Form, PersonalInformation, first_claims

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer, RecognizerResult

REGIONS = ("US", "GB", "DE", "FR", "IT", "ES", "NL", "CH", "SE", "PL", "IN", "AU", "BR", "JP")
"""Whose national ways of writing telephone numbers are known; with a country code all are."""

_FORMS: dict[Form, tuple[str, ...]] = {
    "crypto": ("CryptoRecognizer",),
    "national_id": (
        "EsNifRecognizer",
        "EsNieRecognizer",
        "ItFiscalCodeRecognizer",
        "PlPeselRecognizer",
        "FiPersonalIdentityCodeRecognizer",
        "SgFinRecognizer",
        "KrRrnRecognizer",
    ),
}
"""What each finds, once its check digits are right."""

_CERTAIN = 0.99
"""The score that a recogniser gives where check digits are right; without them it guesses."""

_HAS_A_NUMBER = re.compile(r"(?:\d[ ./()-]{0,3}){7}")
_BESIDE_A_NUMBER = re.compile(r"[\w.,:/$€£+=*-]")
_ANNOUNCED = re.compile(
    r"(?i)\b(?:phone|tel|call|mobile|cell|whatsapp|sms|text me|reach|contact|dial|fax|my number)"
)
_NEAR = 40
"""Characters before a number in which it may be announced."""


def is_installed() -> bool:
    """Whether the extra `privacy` is there."""
    return find_spec("presidio_analyzer") is not None and find_spec("phonenumbers") is not None


def presidio_finder() -> Finder:
    """Finds what the built-in patterns do, and what Presidio adds. Making it takes seconds; use one for all texts."""
    import presidio_analyzer.predefined_recognizers as predefined

    by_form: list[tuple[Form, EntityRecognizer]] = [
        (form, getattr(predefined, name)()) for form, names in _FORMS.items() for name in names
    ]
    phones = predefined.PhoneRecognizer(supported_regions=REGIONS, leniency=3)

    @through_disguise
    def find(text: str) -> list[PersonalInformation]:
        return first_claims(
            credentials.candidates(text),
            numbers.candidates(text),
            _certain(text, by_form),
            _phones(text, phones),
            people.candidates(text),
        )

    return find


def _certain(text: str, recognizers: list[tuple[Form, "EntityRecognizer"]]) -> Iterator[PersonalInformation]:
    if not any(character.isdigit() for character in text):
        return  # every one of these numbers has a digit
    for form, recognizer in recognizers:
        for found in _recognized(text, recognizer):
            if found.score >= _CERTAIN and _stands_alone(text, found):
                yield PersonalInformation(form, found.start, found.end)


def _phones(text: str, recognizer: "EntityRecognizer") -> Iterator[PersonalInformation]:
    """Telephone numbers; one of digits alone, as any number may be, where it is announced as one."""
    if not _HAS_A_NUMBER.search(text):
        return
    for found in _recognized(text, recognizer):
        written = text[found.start : found.end]
        announced = _ANNOUNCED.search(text, max(found.start - _NEAR, 0), found.start)
        is_sum = written.startswith("+ ")
        if _stands_alone(text, found) and not is_sum and (announced or not written.isdigit()):
            yield PersonalInformation("phone", found.start, found.end)


def _stands_alone(text: str, found: "RecognizerResult") -> bool:
    """Whether it is no part of a longer number, a price, an address or a word."""
    before, after = text[: found.start][-1:], text[found.end :][:1]
    return not _BESIDE_A_NUMBER.match(before) and not (after and (after.isalnum() or after in "-/_%"))


def _recognized(text: str, recognizer: "EntityRecognizer") -> list["RecognizerResult"]:
    # what a language model would say of the text is declared as needed, and only looked at where it is there
    return recognizer.analyze(text, recognizer.supported_entities, None)  # type: ignore[arg-type]
