"""From what was collected to prompts: each filter takes its own, and preparing again is preparing all at once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutelage.data import (
    Limits,
    PersonalInformation,
    Prepared,
    deduplicate,
    find_personal_information,
    limit_per_user,
    prepare,
    split_by_user,
    use_case_of,
    without_near_duplicates,
)
from tutelage.data.counts import by_split_and_source, by_use_case
from tutelage.schema import Kind, Prompt, Split, UseCase


def prepared(collected: list[Prompt], limits: Limits | None = None, **more: list[Prompt]) -> Prepared:
    return prepare(
        collected,
        find=find_personal_information,
        tokens_of=lambda text: len(text.split()),
        use_cases_of=lambda texts: [use_case_of(text) for text in texts],
        limits=limits,
        **more,
    )


def asked(text: str, user: str = "u") -> Prompt:
    return Prompt(text=text, user=user)


STORY = "a story of a dog and a cat who live in a house by the sea with nine friends and an old"


def test_every_filter_takes_its_own_and_says_so() -> None:
    collected = [
        asked("Write to jane@example.com and to joe@example.com."),
        asked("What is a whale?"),
        asked("what is  a whale?", "v"),
        asked(f"Tell me {STORY} clock", "w"),
        asked(f"Tell me {STORY} bell", "x"),  # one of twenty words is another
        *(asked(f"Count to {number}, number {number * 7} and {number * 5}.", "flood") for number in range(4)),
        asked("word " * 30, "y"),
    ]
    result = prepared(collected, Limits(per_user=3, tokens=25, near=0.8))
    assert [(step.name, step.taken, step.left) for step in result.steps] == [
        ("collected", 0, 10),
        ("too long", 1, 9),
        ("personal information", 0, 9),
        ("prepared before", 0, 9),
        ("duplicates", 1, 8),
        ("near-duplicates", 1, 7),
        ("too many of a user", 1, 6),
    ]
    assert result.found == {"email": 2}
    assert result.prompts[0].text == "Write to <EMAIL> and to <EMAIL>."
    assert result.excerpts == ["Write to <EMAIL> and to <EMAIL>."]
    assert result.steps[2].why == "1 different prompts redacted"
    assert result.steps[6].why == "1 users have more than 3"
    assert all(prompt.split is not None and prompt.use_case is not None for prompt in result.prompts)
    assert [prompt.use_case for prompt in result.prompts[1:2]] == [UseCase.open_qa]


def test_prompts_with_personal_information_may_be_dropped() -> None:
    collected = [asked("Write to jane@example.com."), asked("What is a whale?")]
    result = prepared(collected, Limits(drop_personal=True))
    assert [prompt.text for prompt in result.prompts] == ["What is a whale?"]
    assert result.steps[2].taken == 1


def test_what_is_too_long_is_not_searched_and_takes_nobodys_place() -> None:
    searched = []

    def find(text: str) -> list[PersonalInformation]:
        searched.append(text)
        return []

    result = prepare(
        [asked("word " * 30), asked("What is a whale?")],
        find=find,
        tokens_of=lambda text: len(text.split()),
        use_cases_of=lambda texts: [use_case_of(text) for text in texts],
        limits=Limits(per_user=1, tokens=25),
    )
    assert [prompt.text for prompt in result.prompts] == searched == ["What is a whale?"]


def test_prompts_of_which_nothing_is_seen_are_blank() -> None:
    blank = [asked(text) for text in ("\u200b", "\ufeff\u2060", " \u00ad\n\u200d", "\u3164")]
    result = prepared([*blank, asked("What is a\u200b whale?")])
    assert [prompt.text for prompt in result.prompts] == ["What is a\u200b whale?"]
    assert result.steps[0].left == 1


WORDS = ("red", "blue", "green", "one", "two", "three", "jane@example.com")
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=7)
requests = st.lists(st.builds(asked, words.map(" ".join), st.sampled_from(["a", "b", "c", "d"])), max_size=14)


@settings(max_examples=60)
@given(requests, st.integers(0, 14))
def test_preparing_again_with_more_is_preparing_all_at_once(collected: list[Prompt], first: int) -> None:
    limits = Limits(per_user=2, tokens=6, valid=0.3, test=0.3)
    whole = prepared(collected, limits).prompts
    before = prepared(collected[:first], limits).prompts
    after = prepared(collected, limits, prepared=before).prompts
    assert [*before, *after] == whole
    assert prepared(collected, limits, prepared=whole).prompts == []


@settings(max_examples=60)
@given(requests)
def test_no_text_stands_on_two_sides_and_no_user_either(collected: list[Prompt]) -> None:
    others = [Prompt(text="red blue", split=Split.test), Prompt(text="one two", user="a", split=Split.valid)]
    result = prepared(collected, Limits(valid=0.3, test=0.3), others=others).prompts
    assert {prompt.text for prompt in result}.isdisjoint({"red blue", "one two"})
    assert len({prompt.text for prompt in result}) == len(result)
    for user in "abcd":
        assert len({prompt.split for prompt in result if prompt.user == user}) <= 1
    assert all(prompt.split is Split.valid for prompt in result if prompt.user == "a")


def test_without_the_extra_near_duplicates_stay_and_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tutelage.data.preparation.finds_near_duplicates", lambda: False)
    collected = [asked(f"Tell me {STORY} clock"), asked(f"Tell me {STORY} bell")]
    result = prepared(collected)
    assert len(result.prompts) == 2
    assert "tutelage[privacy]" in result.steps[5].why


def test_near_duplicates_are_those_whose_runs_of_words_are_mostly_the_same() -> None:
    # 10 words have 8 runs of three; with another last word 7 are in both, of 9 in either: 0.78
    one, near = asked("a b c d e f g h i j"), asked("A b c d e f  g h i x")
    assert without_near_duplicates([one, near], near=0.77) == [one]
    assert without_near_duplicates([one, near], near=0.79) == [one, near]
    assert without_near_duplicates([near], near=0.77, known=[one]) == []
    assert without_near_duplicates([asked("a"), asked("b")]) == [asked("a"), asked("b")]


@given(requests)
def test_what_was_known_before_counts_and_is_not_returned(prompts: list[Prompt]) -> None:
    known, new = prompts[: len(prompts) // 2], prompts[len(prompts) // 2 :]
    for keep in (deduplicate, limit_per_user):
        both = {"known": known} | ({"limit": 2} if keep is limit_per_user else {"prefix_characters": 9})
        alone = {name: value for name, value in both.items() if name != "known"}
        whole = keep([*known, *new], **alone)
        assert keep(new, **both) == whole[len(keep(known, **alone)) :]
    sides = {prompt.user: prompt.split for prompt in split_by_user(known, 0.3, 0.3, seed=1)}
    for prompt in split_by_user(new, 0.3, 0.3, seed=2, known=split_by_user(known, 0.3, 0.3, seed=1)):
        assert sides.get(prompt.user, prompt.split) == prompt.split


def test_counts_are_those_of_the_papers_tables() -> None:
    prompts = [
        Prompt(text="a", split=Split.train, kind=Kind.plain, use_case=UseCase.chat),
        Prompt(text="b", split=Split.train, user="u", use_case=UseCase.chat),
        Prompt(text="b", split=Split.train, user="u", use_case=UseCase.chat),
        Prompt(text="c", split=Split.valid, user="v", use_case=UseCase.open_qa),
        Prompt(text="d", split=Split.valid, user="v"),
    ]
    assert by_split_and_source(prompts) == {
        "train labelers": 1,
        "train customers": 1,
        "valid customers": 2,
    }
    assert list(by_use_case(prompts).items()) == [(UseCase.open_qa, 1), (UseCase.chat, 2)]
