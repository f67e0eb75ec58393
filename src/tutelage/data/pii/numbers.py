"""What has a form of its own: e-mail and machine addresses, numbers of telephones, cards, accounts, social security.

Numbers with a check digit are believed only when it is right: other numbers stay.
"""

import ipaddress
import re
from collections.abc import Iterator

from tutelage.data.pii.finding import Form, PersonalInformation

_PATTERNS: dict[Form, re.Pattern[str]] = {
    # also as people write it who hide it from machines: jane (at) example (dot) com
    "email": re.compile(
        r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])"
        r"|(?<![\w.+-])[\w.+-]{1,64} ?(?:\(at\)|\[at\]| at ) ?(?!the\b)[\w-]{1,63}"
        r"(?: ?(?:\(dot\)|\[dot\]| dot ) ?[\w-]{1,63}){1,4}(?![\w-])"
    ),
    "iban": re.compile(r"\b[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)\b"),
    # a book's number has thirteen digits, too
    "card": re.compile(r"(?<![\w.-])(?<!ISBN )(?<!ISBN: )\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)"),
    # the numbers that were never given out are left out: 000, 666, 9xx; 00; 0000
    "ssn": re.compile(r"(?<![\w-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])"),
    # 10.2.0.1 after "version", or after the name of a program, is no address
    "ip": re.compile(
        r"(?<![\w.])(?<!\w/)(?<!\bversion )(?<!\bVersion )(?<!\brelease )(?<!\bbuild )"
        r"\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)"
        r"|(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}(?![\w:])"
    ),
    # with a country code, or in the North American form with an area code
    "phone": re.compile(
        r"(?<![\w+.])(?:\+|00)[1-9]\d{0,2}(?:[ .\-/]?\(?\d{1,5}\)?){1,5}[ .\-/]?\d{1,5}(?!\w)"
        r"|(?<![\w.-])(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-. ])[2-9]\d{2}[-. ]\d{4}(?![\w-]|\.\d)"
    ),
}


def candidates(text: str) -> Iterator[PersonalInformation]:
    """All that looks like one; what two forms claim is the one's that is listed first above."""
    for form, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            if _is_believable(form, match.group()):
                yield PersonalInformation(form, match.start(), match.end())


def _is_believable(form: Form, written: str) -> bool:
    match form:
        case "card":
            return _passes_luhn(re.sub(r"\D", "", written))
        case "iban":
            # words in capitals after a number in groups look like more groups
            groups = written.split(" ")
            numbers = ("".join(groups[:count]) for count in range(1, len(groups) + 1))
            return any(_passes_mod_97(number) for number in numbers if len(number) >= 15)
        case "ip":
            return _is_address_of_a_machine(written)
        case "phone":
            # E.164: at most 15 digits; fewer than 8 with a country code is no telephone
            return 8 <= len(re.sub(r"\D", "", written)) <= 15
        case _:
            return True


def _passes_luhn(digits: str) -> bool:
    """The check of card numbers (ISO/IEC 7812): each second digit from the right doubled, sum ends in 0."""
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    total = sum(doubled) + sum(int(digit) for digit in digits[-1::-2])
    return total % 10 == 0 and int(digits) != 0


def _passes_mod_97(iban: str) -> bool:
    """The check of account numbers (ISO 13616): first four characters last, letters as 10…35, remainder 1."""
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1


def _is_address_of_a_machine(written: str) -> bool:
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return False
    # 127.0.0.1, ::1 and :: are in every manual and lead to nobody
    return not (address.is_loopback or address.is_unspecified)
