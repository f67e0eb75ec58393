"""What is redacted of a text, and what is left as it is; by our patterns, and by Presidio's recognisers beside them."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.data import (
    Finder,
    PersonalInformation,
    find_personal_information,
    redact,
    without_personal_information,
)
from tutelage.data.pii.finding import first_claims
from tutelage.data.pii.presidio import presidio_finder
from tutelage.schema import Prompt
from tutelage.store import Store


@pytest.fixture(scope="module")
def presidio() -> Finder:
    return presidio_finder()


def redacted(text: str, find: Finder = find_personal_information) -> str:
    return redact(text, find(text))


REDACTED = [
    ("Mail jane@example.com and 203.0.113.7!", "Mail <EMAIL> and <IP>!"),
    ("jane.doe (at) example (dot) com", "<EMAIL>"),
    ("jane at example dot org, thanks", "<EMAIL>, thanks"),
    ("export KEY=sk-proj-abcdefghij0123456789XYZ", "export KEY=<SECRET>"),
    ("ghp_0123456789abcdefghijABCDEFGHIJ012345 leaked", "<SECRET> leaked"),
    ("AKIAIOSFODNN7EXAMPLE", "<SECRET>"),
    ("xoxb-1234567890-abcdef", "<SECRET>"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP", "<SECRET>"),
    ("-----BEGIN PRIVATE KEY-----\nMIIE\nvQ==\n-----END PRIVATE KEY-----\nWhy?", "<SECRET>\nWhy?"),
    ("My password is hunter22. Is it good?", "My password is <SECRET>. Is it good?"),
    ("password: 'tr0ub4dor&3'", "password: '<SECRET>'"),
    ("postgresql://ann:geheim@db.example/x", "postgresql://<SECRET>@db.example/x"),
    ("I live at 12 Elm Street, Springfield, IL 62704.", "I live at <ADDRESS>."),
    ("Send it to 221B Baker St, please", "Send it to <ADDRESS>, please"),
    ("Hauptstraße 12a, 10115 Berlin", "<ADDRESS>"),
    ("12 bis rue de la Paix, 75002 Paris", "<ADDRESS>"),
    ("My name is Jürgen van Dijk and I am tired.", "My name is <NAME> and I am tired."),
    ("Dear Zoë,\nno.", "Dear <NAME>,\nno."),
    ("Ask Dr. O'Brien about it", "Ask Dr. <NAME> about it"),
    ("Kind regards,\nOlga Nowak", "Kind regards,\n<NAME>"),
]


@pytest.mark.parametrize(("text", "expected"), REDACTED, ids=[text[:30] for text, _ in REDACTED])
def test_a_placeholder_stands_for_what_was_found(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.fixture(scope="module")
def own_key(tmp_path_factory: pytest.TempPathFactory) -> str:
    with Store(tmp_path_factory.mktemp("store") / "tutelage.db") as store:
        return store.keys.make("laptop")


def test_our_own_servers_keys_are_secrets(own_key: str, presidio: Finder) -> None:
    text = f"curl -H 'Authorization: Bearer {own_key}' fails. What is tlg-something?"
    expected = "curl -H 'Authorization: Bearer <SECRET>' fails. What is tlg-something?"
    assert redacted(text) == redacted(text, presidio) == expected


DISGUISED = [
    ("Card 4111\u00a01111\u00a01111\u00a01111!", "Card <CARD>!"),
    ("4111\u20111111\u20101111\u20111111", "<CARD>"),
    ("４１１１ １１１１ １１１１ １１１１", "<CARD>"),
    ("jane＠example．com", "<EMAIL>"),
    ("＋44\u202f20\u20097946\u30000958", "<PHONE>"),
    ("Ünder ja\u200bne@exa\u2060mple.c\u00adom\ufeff: ½", "Ünder <EMAIL>\ufeff: ½"),
    ("My name is\u00a0Jür\u200dgen, why?", "My name is\u00a0<NAME>, why?"),
    ("4111111111111111\u200band more", "<CARD>\u200band more"),
    ("jane@mail.ex\u200bample.com", "<EMAIL>"),
]


@pytest.mark.parametrize(("text", "expected"), DISGUISED, ids=[ascii(text) for text, _ in DISGUISED])
def test_other_characters_hide_nothing(text: str, expected: str, presidio: Finder) -> None:
    assert redacted(text) == redacted(text, presidio) == expected


def test_what_is_hidden_in_a_file_is_left_out_as_well() -> None:
    assert without_personal_information([Prompt(text="jane＠example.com")]) == []


INNOCENT = [
    "Is\u00a010² = 100\u200b, and ½ of Ｘ less？",
    "password = input('password: ')",
    "The password is required to be long.",
    "token = tokenizer.next(); api_key: str | None = None",
    "Dear Sir or Madam, dear Hiring Manager,",
    "Dear Hiring Manager,\n",
    "Hello World!",
    "In 1929 Wall Street crashed. Since 2008 Wall Street has recovered.",
    "Is version 10.2.0.1 newer than Chrome/120.0.6099.1?",
    "Meet me at noon at the dot com office.",
    "ISBN 978-3-16-170181-0",
    "divide by 3.00765508297578.",
    "I live on the street. The drive was long. 5 Ways to win.",
]


@pytest.mark.parametrize("text", INNOCENT)
def test_what_only_looks_like_it_stays(text: str, presidio: Finder) -> None:
    assert redacted(text) == text
    assert redacted(text, presidio) == text


@given(st.text(), st.sampled_from([text for text, _ in REDACTED + DISGUISED]), st.text())
def test_findings_lie_in_the_text_in_order_and_apart(before: str, found: str, after: str) -> None:
    text = before + found + after
    end = 0
    for finding in find_personal_information(text):
        assert end <= finding.start < finding.end <= len(text)
        end = finding.end


pieces = st.builds(
    lambda form, start, length: PersonalInformation(form, start, start + length),
    st.sampled_from(["email", "phone", "name"]),
    st.integers(0, 30),
    st.integers(1, 9),
)


@given(st.lists(st.lists(pieces, max_size=8), max_size=3))
def test_what_several_claim_goes_to_the_first_of_them(kinds: list[list[PersonalInformation]]) -> None:
    kept: list[PersonalInformation] = []
    for piece in (piece for kind in kinds for piece in kind):
        claimed = {place for other in kept for place in range(other.start, other.end)}
        if claimed.isdisjoint(range(piece.start, piece.end)):
            kept.append(piece)
    assert first_claims(*kinds) == sorted(kept, key=lambda piece: piece.start)


@given(st.lists(st.sampled_from([text for text, _ in REDACTED] + INNOCENT), max_size=4))
def test_a_redacted_text_has_nothing_left_to_redact(texts: list[str]) -> None:
    once = redacted("\n\n".join(texts))
    assert redacted(once) == once


def test_prompts_of_files_are_left_out_for_what_is_sure_and_not_for_names() -> None:
    named, keyed = Prompt(text="Dear Zoë, how are you?"), Prompt(text="Why is AKIAIOSFODNN7EXAMPLE refused?")
    assert without_personal_information([named, keyed]) == [named]


PRESIDIO = [
    ("Call me on 01 42 68 53 00.", "Call me on <PHONE>."),
    ("Tel. 030 901820", "Tel. <PHONE>"),
    ("mein Handy: 0171 3456789", "mein Handy: <PHONE>"),
    ("My mobile is 0000000000", "My mobile is 0000000000"),  # in none of these countries
    ("DNI 12345678Z", "DNI <NATIONAL_ID>"),
    ("DNI 12345678A", "DNI 12345678A"),  # a wrong check letter
    ("PESEL 44051401359", "PESEL <NATIONAL_ID>"),
    ("PESEL 44051401358", "PESEL 44051401358"),
    ("send it to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "send it to <CRYPTO>"),
    ("send it to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "send it to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"),
    ("Add 770512329 and 424533647.", "Add 770512329 and 424533647."),
    ("part number 630-5886174", "part number 630-5886174"),
]


@pytest.mark.parametrize(("text", "expected"), PRESIDIO, ids=[text for text, _ in PRESIDIO])
def test_presidio_adds_national_numbers_whose_checks_are_right(
    text: str, expected: str, presidio: Finder
) -> None:
    assert redacted(text, presidio) == expected


@pytest.mark.parametrize(("text", "expected"), REDACTED, ids=[text[:30] for text, _ in REDACTED])
def test_with_presidio_our_patterns_find_what_they_do_without(
    text: str, expected: str, presidio: Finder
) -> None:
    assert redacted(text, presidio) == expected


def test_no_language_model_is_loaded_and_nothing_is_fetched(
    presidio: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network is used")

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    presidio("Write to jane@example.com or https://example.com, +49 30 901820, DE89370400440532013000.")
    assert not any(name.startswith("en_core") for name in sys.modules)
