"""Records are frozen, validated when made, and go to JSON and back."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tutelage.schema import (
    Choice,
    Completion,
    Demonstration,
    Flags,
    Group,
    Kind,
    Labeler,
    Prompt,
    Question,
    Ranking,
    Rating,
    SentencePair,
    Split,
    ToxicityPrompt,
    UseCase,
)

HELLO = Prompt(text="hello", use_case=UseCase.chat, user="u1", kind=Kind.plain, split=Split.train)

RECORDS = [
    HELLO,
    Labeler(name="ann", group=Group.heldout),
    Demonstration(prompt=HELLO, completion="hi", labeler="ann"),
    Completion(prompt=HELLO, text="", source="sft", temperature=0.7, finish_reason="stop"),
    Ranking(
        prompt=HELLO, completions=("a", "b", "c"), ranks=(2, 1, 2), labeler="ann", sources=("x", "y", "z")
    ),
    Rating(prompt=HELLO, completion="", overall=7, flags=Flags(opinion=True, satisfies_constraint=False)),
    Choice(context="1, 2,", choices=(" 3", " 5"), answer=0),
    Question(question="why?", true_answers=("so",), false_answers=("no", "never")),
    ToxicityPrompt(text="they", toxicity=0.2),
    SentencePair(more="a", less="b"),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_json_round_trip(record):
    assert type(record).model_validate_json(record.model_dump_json()) == record


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_records_are_frozen_and_hashable(record):
    name = next(iter(type(record).model_fields))
    with pytest.raises(ValidationError):
        setattr(record, name, getattr(record, name))
    assert len({record, record.model_copy()}) == 1


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_unknown_fields_are_refused(record):
    with pytest.raises(ValidationError, match="not permitted"):
        type(record)(**dict(record), surplus=1)


def test_a_prompts_id_is_of_its_text_alone():
    assert HELLO.id == hashlib.sha256(b"hello").hexdigest()[:16]
    assert HELLO.id == Prompt(text="hello").id
    assert "id" not in HELLO.model_dump()
    assert len({HELLO, Prompt(text="hello")}) == 2


def test_a_completions_id_is_of_prompt_source_and_text():
    def made(text="t", source="s", prompt="p", **others):
        return Completion(prompt=Prompt(text=prompt), text=text, source=source, **others).id

    assert made() == made(temperature=0.5)
    assert len({made(), made(text="u"), made(source="u"), made(prompt="u")}) == 4


@pytest.mark.parametrize("blank", ["", "  \n"])
def test_blank_demonstrations_and_prompts_are_refused_but_models_may_be_silent(blank):
    with pytest.raises(ValidationError):
        Prompt(text=blank)
    with pytest.raises(ValidationError):
        Demonstration(prompt=HELLO, completion=blank)
    assert Completion(prompt=HELLO, text=blank, source="sft").text == blank


def test_half_a_surrogate_pair_is_no_text():
    with pytest.raises(ValidationError, match="surrogate"):
        Completion(prompt=HELLO, text="so \ud83d", source="sft")


def standard_ranks(qualities):
    """Dense and competition ranks of some qualities, by sorting."""
    best_first = sorted(qualities, reverse=True)
    dense = sorted(set(qualities), reverse=True)
    return [dense.index(q) + 1 for q in qualities], [best_first.index(q) + 1 for q in qualities]


@given(st.lists(st.integers(0, 4), min_size=2, max_size=9))
def test_dense_and_competition_ranks_are_ranks(qualities):
    completions = [str(place) for place in range(len(qualities))]
    for ranks in standard_ranks(qualities):
        assert Ranking(prompt=HELLO, completions=completions, ranks=ranks).ranks == tuple(ranks)


@given(st.lists(st.integers(-1, 5), min_size=2, max_size=5))
def test_only_those_are(ranks):
    # both kinds depend on the order alone, so what is neither of the two of its own order is none
    completions = [str(place) for place in range(len(ranks))]
    if ranks in standard_ranks([-rank for rank in ranks]):
        Ranking(prompt=HELLO, completions=completions, ranks=ranks)
    else:
        with pytest.raises(ValidationError, match="are not ranks"):
            Ranking(prompt=HELLO, completions=completions, ranks=ranks)


def test_a_ranking_needs_two_completions_and_a_rank_and_source_for_each():
    with pytest.raises(ValidationError, match="at least 2"):
        Ranking(prompt=HELLO, completions=("a",), ranks=(1,))
    with pytest.raises(ValidationError, match="2 completions but 3 ranks"):
        Ranking(prompt=HELLO, completions=("a", "b"), ranks=(1, 2, 3))
    with pytest.raises(ValidationError, match="2 completions but 1 sources"):
        Ranking(prompt=HELLO, completions=("a", "b"), ranks=(1, 2), sources=("x",))


@pytest.mark.parametrize("overall", [0, 8])
def test_ratings_are_from_1_to_7(overall):
    with pytest.raises(ValidationError):
        Rating(prompt=HELLO, completion="x", overall=overall)


@pytest.mark.parametrize(("choices", "answer"), [(("a",), 0), (("a", "b"), 2), (("a", "b"), -1)])
def test_the_answer_of_a_choice_is_one_of_two_or_more(choices, answer):
    with pytest.raises(ValidationError):
        Choice(context="", choices=choices, answer=answer)


def test_the_use_cases_are_table_1s():
    assert len(UseCase) == 10
    assert list(UseCase)[:2] == ["generation", "open_qa"]
