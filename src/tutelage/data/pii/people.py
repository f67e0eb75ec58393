"""Names and postal addresses, where a plain cue stands beside them.

A name without a cue ("Ask Maria about it") and an address in another form cannot be told from other words by a pattern,
and are not found. Names that everybody knows ("Mr. Darcy") are found, too.
"""

import re
from collections.abc import Iterator

from tutelage.data.pii.finding import PersonalInformation

_CAPITALIZED = r"(?:[^\W\d_a-zß-öø-ÿ][\w'’-]*\.?)"
"""A word that begins with a capital letter; of an initial the full stop, too."""
_PARTICLES = r"(?:(?:van|von|der|den|de|di|da|del|la|le|el|al|bin|ibn) )*"
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Herr|Frau|Mme|Monsieur|Madame|Señora?|Sra?)\b\.?"

_WORD = rf"{_PARTICLES}{_CAPITALIZED}"
_ONE_OR_TWO, _UP_TO_THREE = (rf"(?P<name>{_WORD}(?: {_WORD}){{0,{more}}})" for more in (1, 2))
_NAMES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:[Mm]y (?:full |real )?name is|[Mm]y name's|I am called|signed by)\s+{_UP_TO_THREE}",
        rf"(?m:^)[ \t]*(?:Full |First |Last |Patient )?[Nn]ame:[ \t]*{_UP_TO_THREE}",
        rf"\b{_TITLE} {_ONE_OR_TWO}",
        rf"\b(?:Dear|Hello|Hi) {_ONE_OR_TWO}(?=[,!:\n])",
        rf"(?:[Rr]egards|[Ss]incerely|[Yy]ours truly|[Cc]heers|[Bb]est wishes),[ \t]*\n+[ \t]*{_UP_TO_THREE}",
    )
)
_NOBODY = frozenset(
    [
        "Sir",
        "Sirs",
        "Madam",
        "Ma'am",
        "All",
        "Team",
        "Everyone",
        "Everybody",
        "Customer",
        "Customers",
        "Client",
        "Colleague",
        "Colleagues",
        "Friend",
        "Friends",
        "Hiring",
        "Santa",
        "Diary",
        "There",
        "World",
        "Reader",
        "Readers",
        "God",
        "Lord",
        "Sales",
        "Support",
        "Human",
        "Name",
        "Student",
        "Students",
        "Parents",
        "Editor",
        "Recruiter",
        "Valued",
        "Prospective",
        "President",
        "Chat",
        "Claude",
        "Siri",
        "Alexa",
    ]
)
"""Whom a greeting may go to without naming anybody."""

_STREET = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Square|Terrace|Way|Crescent|Close|"
    r"Highway|Hwy|Parkway|Pkwy)\b\.?"
)
_ITS_NAME = rf"(?:(?:[NSEW]\.? )?(?:{_CAPITALIZED}|\d{{1,3}}(?:st|nd|rd|th)) ){{1,3}}"
_FLAT = r"(?:,? (?:Apt|Apartment|Suite|Unit|Flat|#)\.? ?\w{1,5})?"
_TOWN = rf"(?:, {_CAPITALIZED}(?: {_CAPITALIZED})?)?"
_POSTCODE = r"(?:,? [A-Z]{2} \d{5}(?:-\d{4})?\b|,? [A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b)?"
_GERMAN = r"(?:straße|strasse|str\.|gasse|allee|platz|weg)"
_FRENCH = r"(?:rue|avenue|boulevard|chemin|impasse|quai) (?:(?:de|du|des|la|le|les) |[dl]['’])*"
_ADDRESSES = tuple(
    re.compile(pattern)
    for pattern in (
        # 12 Elm Street, Apt 5, Springfield, IL 62704; "in 1929 Wall Street …" is none
        rf"(?<!\b[Ii]n )(?<!\b[Ss]ince )\b\d{{1,5}}[A-Za-z]?,? {_ITS_NAME}{_STREET}{_FLAT}{_TOWN}{_POSTCODE}",
        # Hauptstraße 12a, 10115 Berlin
        rf"\b{_CAPITALIZED}{_GERMAN} \d{{1,4}}[a-z]?\b(?:, \d{{4,5}} {_CAPITALIZED})?",
        # 12 bis rue de la Paix, 75002 Paris
        rf"\b\d{{1,4}}(?: bis| ter)?,? {_FRENCH}{_CAPITALIZED}(?: {_CAPITALIZED})?(?:, \d{{5}} {_CAPITALIZED})?",
        r"\bP\.? ?O\.? Box \d{1,6}\b",
    )
)


def candidates(text: str) -> Iterator[PersonalInformation]:
    """All that looks like one; of an address goes before of a name, for a street may have a doctor's."""
    for pattern in _ADDRESSES:
        for match in pattern.finditer(text):
            yield PersonalInformation("address", match.start(), match.end())
    for pattern in _NAMES:
        for match in pattern.finditer(text):
            if match["name"].split()[0].rstrip(".,") not in _NOBODY:
                yield PersonalInformation("name", match.start("name"), match.end("name"))
