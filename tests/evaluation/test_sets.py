"""Public data sets as they are published, and as people make plainer files of them."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tutelage.evaluation.sets.beginnings import drawn_evenly, read_toxicity_prompts
from tutelage.evaluation.sets.columns import drawn
from tutelage.evaluation.sets.pairs import read_crows_pairs, read_winogender
from tutelage.evaluation.sets.questions import read_questions
from tutelage.evaluation.sets.texts import TEXT_SETS, framings_of
from tutelage.evaluation.toxicity import bin_of
from tutelage.schema import InputError, Question, SentencePair, ToxicityPrompt

REAL = Path(__file__).parents[3] / "shared" / "data" / "evaluation"
real = pytest.mark.skipif(not REAL.is_dir(), reason=f"there is no {REAL}")


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(*rows: dict[str, Any]) -> str:
        path = tmp_path / "set.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return str(path)

    return write


def test_questions_with_answers_or_choices(file: Any) -> None:
    plain = {"question": "q?", "correct_answers": ["a", "b"], "incorrect_answers": ["c"]}
    assert read_questions(file({**plain, "best_answer": "b"})) == [
        Question(question="q?", true_answers=("a", "b"), false_answers=("c",), best_answer="b")
    ]
    # a best answer that is listed in other words is none of the choices
    assert read_questions(file({**plain, "best_answer": "B."}))[0].best_answer is None
    expected = [Question(question="q?", true_answers=("x", "y"), false_answers=("z",), best_answer="x")]
    ours = {
        "mc1_choices": ["x", "z"],
        "mc1_labels": [1, 0],
        "mc2_choices": ["x", "y", "z"],
        "mc2_labels": [1, 1, 0],
    }
    assert read_questions(file({**plain, **ours})) == expected
    hub = {
        "question": "q?",
        "mc1_targets": {"choices": ["x", "z"], "labels": [1, 0]},
        "mc2_targets": {"choices": ["x", "y", "z"], "labels": [1, 1, 0]},
    }
    assert read_questions(file(hub)) == expected


def test_bad_rows_are_told_by_line_and_column(file: Any) -> None:
    good = {"question": "q?", "correct_answers": ["a"], "incorrect_answers": ["c"]}
    for row, told in [
        ({**good, "question": ""}, "set.jsonl:2: question: not a text"),
        ({"question": "q?"}, "set.jsonl:2: no column 'correct_answers'"),
        ({**good, "incorrect_answers": []}, "set.jsonl:2: false_answers"),
        ({**good, "mc2_choices": ["x", "y"], "mc2_labels": [1, 1]}, "set.jsonl:2: mc2_labels: not a label"),
    ]:
        with pytest.raises(InputError) as caught:
            read_questions(file(good, row))
        assert told in str(caught.value)
    with pytest.raises(InputError, match="the set is empty"):
        read_questions(file())


def test_beginnings_of_both_forms(file: Any) -> None:
    found = read_toxicity_prompts(
        file(
            {"prompt": "a", "prompt_toxicity": 0.25},
            {"prompt": {"text": "b", "toxicity": 0.75}},
            {"prompt": "nobody scored this", "prompt_toxicity": None},
        )
    )
    assert found == [ToxicityPrompt(text="a", toxicity=0.25), ToxicityPrompt(text="b", toxicity=0.75)]


def test_beginnings_are_drawn_evenly_over_toxicity() -> None:
    prompts = [ToxicityPrompt(text=f"{n}", toxicity=n / 100) for n in range(60)]  # nothing above .6
    prompts += [ToxicityPrompt(text=f"rude {n}", toxicity=0.9) for n in range(4)]
    found = drawn_evenly(prompts, 34)
    assert Counter(bin_of(prompt.toxicity) for prompt in found) == {0: 10, 1: 10, 2: 10, 4: 4}
    assert [prompt for prompt in prompts if prompt in found] == found
    assert drawn_evenly(prompts, 34) == found != drawn_evenly(prompts, 34, seed=1)
    assert Counter(bin_of(prompt.toxicity) for prompt in drawn_evenly(prompts, None)) == {
        0: 4,
        1: 4,
        2: 4,
        4: 4,
    }
    assert len(drawn_evenly(prompts, 1000)) == 64
    assert len(drawn_evenly(prompts[:1] * 3, 3)) == 1


def test_sentence_pairs(file: Any) -> None:
    crows = file({"sent_more": "m", "sent_less": "l", "stereo_antistereo": "antistereo"})
    assert read_crows_pairs(crows) == [SentencePair(more="m", less="l")]
    rows = [
        {"sentid": f"nurse.patient.0.{gender}.txt", "sentence": f"{pronoun} came"}
        for gender, pronoun in (("female", "she"), ("neutral", "they"), ("male", "he"))
    ]
    assert read_winogender(file(*rows)) == [SentencePair(more="he came", less="she came")]
    with pytest.raises(InputError, match=r"the female sentence of 'nurse.patient.0' is missing"):
        read_winogender(file(*rows[1:]))


@pytest.mark.parametrize(
    ("task", "row", "text", "references"),
    [
        (
            "squadv2",
            {
                "context": "P.",
                "question": "Q?",
                "answers": {"text": ["x", "x", "y"], "answer_start": [1, 1, 2]},
            },
            "Passage: P.\nQuestion: Q?\nAnswer:",
            ("x", "y"),
        ),
        (
            "squadv2",
            {"context": "P.", "question": "Q?", "answers": {"text": [], "answer_start": []}},
            "Passage: P.\nQuestion: Q?\nAnswer:",
            ("no answer",),
        ),
        (
            "drop",
            {
                "passage": "P.",
                "question": "Q?",
                "answers_spans": {"spans": ["3", "4", "3"], "types": ["number"] * 3},
            },
            "Passage: P.\nQuestion: Q?\nAnswer:",
            ("3", "4"),
        ),
        (
            "drop",
            {
                "passage": "P.",
                "question": "Q?",
                "answer": {"number": "3", "spans": [], "date": {}},
                "validated_answers": {
                    "number": ["", ""],
                    "spans": [["a", "b"], []],
                    "date": [{}, {"day": "4", "month": "May", "year": "1789"}],
                },
            },
            "Passage: P.\nQuestion: Q?\nAnswer:",
            ("3", "a, b", "4 May 1789"),
        ),
        ("fr_to_en", {"translation": {"fr": "oui", "en": "yes"}}, "French: oui\nEnglish:", ("yes",)),
        ("tldr", {"prompt": "A post.\nTL;DR:", "label": " short"}, "Post: A post.\nTL;DR:", ("short",)),
        ("cnn_dm", {"article": "News.", "highlights": "N."}, "Article: News.\nSummary:", ("N.",)),
    ],
)
def test_texts(file: Any, task: str, row: dict[str, Any], text: str, references: tuple[str, ...]) -> None:
    (item,) = TEXT_SETS[task].read(file(row))
    assert (item.text, item.references) == (text, references)


def test_parts_of_an_answer_are_not_taken_for_alternatives(file: Any) -> None:
    row = {
        "passage": "P.",
        "question": "Q?",
        "answers_spans": {"spans": ["a", "b"], "types": ["span", "span"]},
    }
    with pytest.raises(InputError, match="the parts of one answer, or several answers"):
        TEXT_SETS["drop"].read(file(row))


def test_examples_are_not_asked(file: Any) -> None:
    path = file(*({"fr": f"f{n}", "en": f"e{n}"} for n in range(8)))
    examples, items = TEXT_SETS["fr_to_en"].divided(path, 2, 3, seed=0)
    assert (len(examples), len(items)) == (2, 3)
    assert not {each.text for each in examples} & {each.text for each in items}
    none, few = framings_of("Translate.", examples, [0, 2])
    assert none.wrap(items[0].text) == f"Translate.\n\n{items[0].text}"
    shown = "\n\n".join(f"{each.text} {each.references[0]}" for each in examples)
    assert few.wrap(items[0].text) == f"Translate.\n\n{shown}\n\n{items[0].text}"
    assert [text.count("French") for text in few.versions("x")] == [2, 1, 0]
    more, _ = TEXT_SETS["fr_to_en"].divided(path, 5, None, seed=0)
    assert more[:2] == examples
    with pytest.raises(InputError, match="8 examples leave nothing of 8 items"):
        TEXT_SETS["fr_to_en"].divided(path, 8, None, seed=0)


def test_some_are_drawn_in_order() -> None:
    found = drawn(range(100), 10, seed=1)
    assert len(found) == 10
    assert found == sorted(found) != list(range(10))
    assert drawn(range(3), 10, seed=1) == [0, 1, 2]


@real
def test_the_real_sets_are_read() -> None:
    questions = read_questions(str(REAL / "truthfulqa.jsonl.gz"))
    assert len(questions) == 817
    assert all(each.best_answer for each in questions)
    beginnings = read_toxicity_prompts(str(REAL / "real-toxicity-prompts.jsonl.gz"))
    counts = Counter(bin_of(prompt.toxicity) for prompt in drawn_evenly(beginnings, 500))
    assert set(counts.values()) == {100}
    assert len(read_crows_pairs(str(REAL / "crows-pairs.jsonl.gz"))) == 1508
    assert len(read_winogender(str(REAL / "winogender.jsonl.gz"))) == 240
