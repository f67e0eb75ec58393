"""Which prompts stay: deduplication, personal information, limits and splits by user."""

from collections import defaultdict
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.data import (
    deduplicate,
    find_personal_information,
    limit_per_user,
    split_by_user,
    without_near_duplicates,
    without_personal_information,
)
from tutelage.schema import Prompt, Split


def prompts_of(*texts):
    return [Prompt(text=text) for text in texts]


def test_a_long_common_prefix_makes_a_duplicate():
    first, second, other = "Translate: " + "a" * 40 + "one", "Translate: " + "a" * 40 + "two", "Translate: b"
    assert deduplicate(prompts_of(first, other, second), prefix_characters=50) == prompts_of(first, other)
    assert len(deduplicate(prompts_of(first, other, second), prefix_characters=60)) == 3


def test_case_and_white_space_make_no_difference_but_a_short_text_is_no_duplicate_of_a_longer():
    kept = deduplicate(prompts_of("Say  hi", "say hi\n", "say", "say hi there"))
    assert kept == prompts_of("Say  hi", "say", "say hi there")


@pytest.mark.parametrize(
    "other",
    [
        normalize("NFD", "Où est le café 7?"),
        "Ｏù est le ｃａｆé ７？",
        "O\u200bù est le\u00a0ca\u00adfe\u2060\u0301 7?\ufeff",
        "OÙ EST LE CAFÉ 7?",
    ],
    ids=["decomposed", "fullwidth", "invisible", "capitals"],
)
def test_how_characters_are_written_makes_no_difference(other):
    prompts = prompts_of("Où est le café 7?", other)
    assert deduplicate(prompts) == without_near_duplicates(prompts, near=1.0) == prompts[:1]


def test_letters_of_another_script_and_other_accents_are_others():
    prompts = prompts_of("a cafe", "а cafe", "a café")  # the second begins with a Cyrillic letter
    assert deduplicate(prompts) == prompts


@given(st.lists(st.text("ab ", min_size=1).filter(str.strip)))
def test_deduplicating_again_changes_nothing(texts):
    once = deduplicate(prompts_of(*texts), prefix_characters=3)
    assert deduplicate(once, prefix_characters=3) == once


# Numbers from the standards' and vendors' own documents: test cards, the IBAN registry's examples,
# telephone numbers and addresses reserved for fiction and documentation.
FOUND = [
    ("email", "jane.doe+news@mail.example.co.uk"),
    ("phone", "+44 20 7946 0958"),
    ("phone", "(202) 555-0143"),
    ("phone", "202-555-0143"),
    ("phone", "+1-202-555-0143"),
    ("card", "4111 1111 1111 1111"),
    ("card", "378282246310005"),
    ("iban", "DE89370400440532013000"),
    ("iban", "GB29 NWBK 6016 1331 9268 19"),
    ("ip", "203.0.113.7"),
    ("ip", "2001:db8::8a2e:370:7334"),
    ("ssn", "219-09-9999"),
]


@pytest.mark.parametrize(("form", "written"), FOUND, ids=[written for _, written in FOUND])
@pytest.mark.parametrize("around", ["{}", "it is {}, thanks", "({})\nBest"])
def test_personal_information_is_found_where_it_stands(form, written, around):
    text = around.format(written)
    (finding,) = find_personal_information(text)
    assert (finding.form, text[finding.start : finding.end]) == (form, written)


@pytest.mark.parametrize(
    "text",
    [
        "The war of 1914-1918 and that of 1939-1945.",
        "Add 12345678 and 87654321, then 3.14159265358979.",
        "On 2023-05-17 at 12:30:45 we sold 1,000,000 units.",
        "ISBN 978-3-16-148410-0",  # 13 digits, no card: the check digit is wrong for one
        "4111 1111 1111 1112",  # a card number with a wrong check digit
        "DE89370400440532013001",  # an IBAN with a wrong check digit
        "999.1.1.1 or 127.0.0.1 or ::1",
        "std::vector<int> and a[1::2] and Foo::bar()",
        "000-12-3456 and 666-12-3456 and 900-12-3456",
        "@everyone, see user@host",
        "ROOM 101, BLOCK B, THE END",
        "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]",
        "1 2 3 4 5 6 7 8 9 10 11 12",
    ],
)
def test_ordinary_text_stays(text):
    assert find_personal_information(text) == []


def test_a_number_in_groups_before_words_in_capitals():
    (finding,) = find_personal_information("PAY TO GB29 NWBK 6016 1331 9268 19 NOW")
    assert finding.form == "iban"


def test_prompts_with_findings_go():
    clean, dirty = prompts_of("Write a poem.", "Write to jane@example.com and to 203.0.113.7.")
    assert without_personal_information([clean, dirty]) == [clean]
    assert [found.form for found in find_personal_information(dirty.text)] == ["email", "ip"]


def test_no_user_gives_more_than_the_limit():
    prompts = [Prompt(text=f"{i}", user=user) for i in range(5) for user in ("a", "b", None)]
    kept = limit_per_user(prompts, limit=2)
    assert [(p.text, p.user) for p in kept if p.user] == [("0", "a"), ("0", "b"), ("1", "a"), ("1", "b")]
    assert sum(p.user is None for p in kept) == 5
    assert limit_per_user(prompts) == prompts


users = st.none() | st.sampled_from(["a", "b", "c", "d", "e", "f"])
anyones = st.lists(st.builds(Prompt, text=st.sampled_from("xyz"), user=users), max_size=30)


@given(anyones, st.integers(0, 5))
def test_all_prompts_of_a_user_are_on_one_side(prompts, seed):
    done = split_by_user(prompts, valid=0.3, test=0.3, seed=seed)
    assert [p.model_copy(update={"split": None}) for p in done] == prompts
    sides = defaultdict(set)
    for prompt in done:
        sides[prompt.user or f"text {prompt.text}"].add(prompt.split)
    assert all(len(side) == 1 and None not in side for side in sides.values())


def test_a_users_side_does_not_depend_on_other_prompts():
    many = split_by_user([Prompt(text=f"{i}", user=f"u{i}") for i in range(50)])
    assert split_by_user([Prompt(text="later", user="u7")])[0].split == many[7].split


def test_the_shares_are_those_asked_for():
    done = split_by_user([Prompt(text="x", user=f"u{i}") for i in range(4000)], valid=0.2, test=0.1)
    share = {side: sum(p.split is side for p in done) / 4000 for side in Split}
    # four standard deviations of a binomial share are below 0.026
    assert share == pytest.approx({"train": 0.7, "valid": 0.2, "test": 0.1}, abs=0.03)
    other = split_by_user([Prompt(text="x", user=f"u{i}") for i in range(4000)], valid=0.2, test=0.1, seed=1)
    assert other != done


def test_a_split_that_was_brought_along_stays_and_takes_the_users_other_prompts_with_it():
    brought = Prompt(text="x", user="a", split=Split.test)
    done = split_by_user([Prompt(text="y", user="a"), brought], valid=0.0, test=0.0)
    assert [p.split for p in done] == [Split.test, Split.test]
