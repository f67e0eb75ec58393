"""The set of personal information is what it says, and both ways of finding it hold what docs/data.md tells of them."""

import re
from collections import Counter

import pytest
from benchmarks.pii import precision, recall
from benchmarks.pii_texts import INNOCENT, KINDS, OF_A_KIND, Case, cases

from tutelage.data import Finder, find_personal_information
from tutelage.data.pii.presidio import presidio_finder


@pytest.fixture(scope="module")
def made() -> list[Case]:
    return cases(seed=2)


def test_the_set_is_the_same_for_a_seed_and_has_so_many_texts_of_each_kind(made: list[Case]) -> None:
    assert made == cases(seed=2) != cases(seed=3)
    assert Counter(case.kind for case in made) == dict.fromkeys(KINDS, OF_A_KIND) | {"innocent": INNOCENT}
    assert len(made) >= 2000
    for case in made:
        written = case.text[case.start : case.end]
        assert (case.kind == "innocent") == (not written)
        if case.kind == "card":
            assert re.fullmatch(r"[\d -]{15,19}", written)


@pytest.mark.parametrize("find", [find_personal_information, presidio_finder()], ids=["built in", "presidio"])
def test_what_is_known_by_its_form_is_found_and_little_else_is(made: list[Case], find: Finder) -> None:
    of_kind = {kind: [case for case in made if case.kind == kind] for kind in (*KINDS, "innocent")}
    for kind in ("email", "card", "iban", "ip", "ssn", "secret", "name, with a cue", "address"):
        assert recall(of_kind[kind], find).value >= 0.98, kind
    assert recall(of_kind["phone, with its country code"], find).value >= 0.95
    for form in ("email", "card", "iban", "ip", "phone", "secret", "name"):
        told = precision(made, find, form)
        assert told is not None
        assert told.value >= 0.95, form
    assert sum(bool(find(case.text)) for case in of_kind["innocent"]) <= 0.02 * INNOCENT


def test_presidio_finds_national_numbers(made: list[Case]) -> None:
    find = presidio_finder()
    for kind in ("phone, as written in its country", "national_id", "crypto"):
        own = [case for case in made if case.kind == kind]
        assert recall(own, find).value >= 0.95
        assert recall(own, find_personal_information).value <= 0.2


def test_recall_wants_the_whole_and_precision_any_part() -> None:
    text = "Write to jane@example.com now"
    case, half = Case("email", text, 9, 25), Case("email", text, 5, 25)
    assert recall([case, half], find_personal_information).value == 0.5
    told = precision([case, half, Case("innocent", text)], find_personal_information, "email")
    assert told is not None
    assert told.value == pytest.approx(2 / 3)
