"""Texts that hold one piece of personal information each, and texts that hold none but look as if: made, not collected.

The numbers are made up: no text is of a person. Telephone numbers need the extra `privacy`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

OF_A_KIND = 100
INNOCENT = 800

REGIONS = ("US", "GB", "DE", "FR", "IT", "ES", "NL", "CH", "PL", "IN", "AU", "BR")
FIRST = (
    *("Maria", "John", "Aisha", "Wei", "Olga", "Pierre", "Lukas", "Ingrid", "Carlos", "Priya", "Yuki"),
    *("Fatima", "Tom", "Hannah", "Jürgen", "Zoë"),
)
LAST = (
    *("Smith", "Okafor", "Müller", "Rossi", "García", "Nowak", "Tanaka", "Dubois", "O'Brien", "Patel"),
    *("Jensen", "van Dijk", "Lee", "Kowalski"),
)
TOWNS = ("Springfield", "Leeds", "Portland", "Dover", "Salem", "Bristol", "Austin", "Hull")
STREETS = ("Elm", "Oak", "Maple", "Church", "Station", "Victoria", "Mill", "Park")

AROUND = (
    "Write a short letter to my landlord. You can reach me at {}, thanks.",
    "Summarize this message:\n\nplease use {} from now on.\nBest",
    "Turn it into a table: {}",
    "Why does the form not accept ({})?",
    "Rewrite politely: I told you twice already that it is {}.",
    "{}",
    "Extract all contacts.\nEntry 1: {}\nEntry 2: none",
)


@dataclass(frozen=True)
class Case:
    """A text, what kind of thing it holds, and where that stands; of an innocent text the kind alone."""

    kind: str
    text: str
    start: int = 0
    end: int = 0


def cases(seed: int) -> list[Case]:
    """All texts."""
    chance = random.Random(seed)
    made = [case for kind, make in KINDS.items() for case in _cases_of(kind, make, chance)]
    return made + [Case("innocent", _innocent(chance)) for _ in range(INNOCENT)]


def _cases_of(kind: str, make: Callable[[random.Random], str], chance: random.Random) -> Iterator[Case]:
    """kind: before a comma stands the form. What is made with braces says itself where the information is."""
    for _ in range(OF_A_KIND):
        written = make(chance)
        if "{" not in written:
            written = chance.choice(AROUND).format("{" + written + "}")
        start, end = written.index("{"), written.index("}")
        yield Case(kind, written.replace("{", "").replace("}", ""), start, end - 1)


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(count))


def _letters(chance: random.Random, count: int, among: str = "abcdefghkmnpqrstuvwxyzABCDEFGH23456789") -> str:
    return "".join(chance.choice(among) for _ in range(count))


def _email(chance: random.Random) -> str:
    user = (
        chance.choice(FIRST).lower().encode("ascii", "ignore").decode()
        + chance.choice((".", "_", "+", ""))
        + _digits(chance, 2)
    )
    host = chance.choice(("example.com", "mail.example.co.uk", "uni-koeln.example", "example.org"))
    return f"{user}@{host}"


def _hidden_email(chance: random.Random) -> str:
    user, host = _email(chance).split("@")
    at, dot = chance.choice(((" at ", " dot "), (" (at) ", " (dot) "), ("[at]", "[dot]")))
    return user + at + host.replace(".", dot)


def _phone(chance: random.Random, national: bool) -> str:
    import phonenumbers
    from phonenumbers import PhoneNumberFormat, PhoneNumberType

    number = None
    while number is None or not phonenumbers.is_valid_number(number):
        kind = chance.choice((PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE))
        example = phonenumbers.example_number_for_type(chance.choice(REGIONS), kind)
        digits = f"{example.national_number}"[:-4] + _digits(chance, 4)
        number = phonenumbers.parse(f"+{example.country_code}{digits}")
    if not national:
        shown = chance.choice((PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164))
        written = phonenumbers.format_number(number, shown)
        return chance.choice(
            (written, written.replace(" ", "-"), written.replace(" ", "."), written.replace("+", "00"))
        )
    written = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return chance.choice((written, written, written.replace(" ", "-"), written.replace(" ", ".")))


def _card(chance: random.Random, right: bool = True) -> str:
    digits = chance.choice(("4", "51", "37", "6011"))
    digits += _digits(chance, (15 if digits == "37" else 16) - len(digits) - 1)
    check = -sum(
        int(digit) if place % 2 else sum(divmod(2 * int(digit), 10))
        for place, digit in enumerate(reversed(digits))
    )
    digits += str((check if right else check + chance.randint(1, 9)) % 10)
    separator = chance.choice(("", " ", "-"))
    return separator.join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _iban(chance: random.Random, right: bool = True) -> str:
    country, bank, length = chance.choice(
        (("DE", "", 18), ("GB", "NWBK", 14), ("NL", "ABNA", 10), ("FR", "", 23))
    )
    account = bank + _digits(chance, length)
    value = int("".join(str(int(character, 36)) for character in f"{account}{country}00"))
    check = 98 - value % 97  # from 2 to 98
    wrong = 0 if right else chance.randint(1, 40)
    whole = f"{country}{(check - 2 + wrong) % 97 + 2:02d}{account}"
    return chance.choice((whole, " ".join(whole[start : start + 4] for start in range(0, len(whole), 4))))


def _ip(chance: random.Random) -> str:
    if chance.random() < 0.3:
        return "2001:db8:" + ":".join(f"{chance.randint(1, 65535):x}" for _ in range(6))
    return ".".join(str(chance.randint(1, 254)) for _ in range(4))


def _ssn(chance: random.Random) -> str:
    return f"{chance.randint(100, 665)}-{chance.randint(10, 99)}-{chance.randint(1000, 9999)}"


def _national_id(chance: random.Random) -> str:
    if chance.random() < 0.5:
        number = chance.randint(10_000_000, 99_999_999)
        return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"  # Spain's NIF
    day, month, year = chance.randint(1, 28), chance.randint(1, 12), chance.randint(30, 99)
    digits = f"{year:02d}{month:02d}{day:02d}{_digits(chance, 4)}"
    check = -sum(
        weight * int(digit) for weight, digit in zip((1, 3, 7, 9, 1, 3, 7, 9, 1, 3), digits, strict=True)
    )
    return f"{digits}{check % 10}"  # Poland's PESEL


def _bitcoin(chance: random.Random) -> str:
    import hashlib

    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    payload = b"\0" + bytes(chance.randrange(256) for _ in range(20))
    check = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    value, written = int.from_bytes(payload + check), ""
    while value:
        value, place = divmod(value, 58)
        written = alphabet[place] + written
    return "1" + written


def _secret(chance: random.Random) -> str:
    return chance.choice(
        (
            f"sk-proj-{_letters(chance, 40)}",
            f"ghp_{_letters(chance, 36)}",
            f"AKIA{_letters(chance, 16, 'ABCDEFGHIJKLMNOP234567')}",
            f"xoxb-{_digits(chance, 11)}-{_letters(chance, 20)}",
            f"eyJ{_letters(chance, 20)}.eyJ{_letters(chance, 30)}.{_letters(chance, 30)}",
            f"-----BEGIN RSA PRIVATE KEY-----\n{_letters(chance, 60)}\n-----END RSA PRIVATE KEY-----",
        )
    )


def _password(chance: random.Random) -> str:
    value = _letters(chance, chance.randint(6, 14)) + _digits(chance, 1)
    return (
        chance.choice(("My password is {%s}", "password: {%s}", "export API_KEY={%s}", 'pwd = "{%s}"'))
        % value
    )


def _name(chance: random.Random) -> str:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    return chance.choice(
        (
            f"My name is {{{first} {last}}} and I want a refund.",
            f"Dear {{{first}}},\n\nthank you for the letter.",
            f"Write to Ms. {{{last}}} that I am ill.",
            f"Ask Dr {{{last}}} for the results.",
            f"Proofread:\n\nI resign.\n\nKind regards,\n{{{first} {last}}}",
            f"Name: {{{first} {last}}}\nAge: 41",
        )
    )


def _name_without_cue(chance: random.Random) -> str:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    return chance.choice(
        (
            f"Write a birthday poem for {{{first} {last}}}.",
            f"{{{first} {last}}} was late again. How do I tell the team?",
            f"Is it true that {{{first}}} from accounting leaves?",
        )
    )


def _address(chance: random.Random) -> str:
    number, street, town = chance.randint(1, 999), chance.choice(STREETS), chance.choice(TOWNS)
    kind = chance.choice(("Street", "Avenue", "Rd", "Lane", "Drive"))
    return chance.choice(
        (
            f"{number} {street} {kind}",
            f"{number} {street} {kind}, {town}",
            f"{number} {street} {kind}, Apt {number % 30 + 1}, {town}, OR {_digits(chance, 5)}",
            f"{street}straße {number}, {_digits(chance, 5)} Köln",
            f"{number} rue de la {street}, {_digits(chance, 5)} Lyon",
            f"P.O. Box {number}",
        )
    )


def _address_of_another_form(chance: random.Random) -> str:
    number, street = chance.randint(1, 99), chance.choice(STREETS)
    return chance.choice(
        (
            f"Via {street} {number}, Roma",
            f"Calle {street}, {number}, Madrid",
            f"{street} House, flat {number}, near the station",
            f"ul. {street}a {number}/3, Kraków",
        )
    )


KINDS: dict[str, Callable[[random.Random], str]] = {
    "email": _email,
    "email, written to hide it": _hidden_email,
    "phone, with its country code": lambda chance: _phone(chance, national=False),
    "phone, as written in its country": lambda chance: _phone(chance, national=True),
    "card": _card,
    "iban": _iban,
    "ip": _ip,
    "ssn": _ssn,
    "national_id": _national_id,
    "crypto": _bitcoin,
    "secret": _secret,
    "secret, a password": _password,
    "name, with a cue": _name,
    "name, without": _name_without_cue,
    "address": _address,
    "address, of another form": _address_of_another_form,
}
"""What a text may hold; before the comma stands the form."""


def _innocent(chance: random.Random) -> str:
    """A text with numbers or words that could be taken for personal information, and are none."""
    number, year = chance.randint(2, 999), chance.randint(1900, 2030)
    other = chance.randint(10_000, 99_999_999)
    return chance.choice(
        (
            f"The war of {year}-{year + 4}, and what came of it. Explain it to a child.",
            f"Why does version {number % 20}.{number % 7}.{number % 11}.{number % 5} crash?",
            f"Is Chrome/{number}.0.0.0 newer than Firefox/{number % 130}.0?",
            f"On {year}-05-17 at 12:30:45 we sold {other:,} units for ${other / 100:,.2f}.",
            f"ISBN 978-3-16-{_digits(chance, 6)}-{_digits(chance, 1)}: what is it about?",
            f"Add {other} and {_digits(chance, 9)}, then divide by 3.{_digits(chance, 14)}.",
            f"def f(x):\n    token = tokenizer.next()\n    return x[{number}:{number + 5}] * 0x{other:x}",
            "password = input('password: ')\nif not password: raise ValueError",
            f"My card {_card(chance, right=False)} is refused. Why?",
            f"Is {_iban(chance, right=False)} a valid IBAN?",
            f"Order {other} of {number} pieces, part number {number}-{other}, arrives in {number % 20} days.",
            f"Write a story about {number} dwarfs in {year}. Wall Street plays no role.",
            f"In {year} Wall Street lost {number} billion. Summarize why.",
            "Dear Sir or Madam,\n\nI want to complain.",
            "Hello there! Translate to French: the password is required.",
            f"std::vector<int> a = {{{number}, {number + 1}}}; a[1::2]; Foo::bar();",
            f"Scale the recipe for {number} people: 250 g of flour, 3 eggs, {number} ml of milk.",
            f"The ratio is {number}:{number % 60}:{number % 24}, and 10/{number % 28 + 1}/{year} is the date.",
            f"Solve {number}x + {other} = {_digits(chance, 8)}.",
            f"commit {_letters(chance, 40, '0123456789abcdef')} broke the build {number}.",
            f"Sort: {', '.join(_digits(chance, 4) for _ in range(8))}",
            f"Coordinates {number % 90}.{_digits(chance, 6)}, -{number % 180}.{_digits(chance, 6)}: which town?",
            f"The score was {number % 9}-{number % 7}, {number % 5}-{number % 3}, after {number} minutes.",
            f"Invoice no. {year}/{other}: {number} hours at 120.00 each.",
        )
    )
