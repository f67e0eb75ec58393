"""Personal information in other characters than the patterns know: a fullwidth @, a number with zero-width spaces."""

from dataclasses import replace
from functools import wraps

from tutelage.data.characters import plain
from tutelage.data.pii.finding import Finder, PersonalInformation, first_claims


def through_disguise(find: Finder) -> Finder:
    """The finder, which now also searches the text in plain characters. Places are those of the text as it stands."""

    @wraps(find)
    def find_in_both(text: str) -> list[PersonalInformation]:
        if text.isascii():
            return find(text)
        bare, places = plain(text)
        if bare == text:
            return find(text)
        seen = [
            replace(finding, start=places[finding.start], end=places[finding.end - 1] + 1)
            for finding in find(bare)
        ]
        # a zero-width space may be what keeps a number apart from the next word: what is there as it stands counts
        return first_claims(seen, find(text))

    return find_in_both
