"""Scores of the public NLP tasks: cases by hand, and the field's own programs on random text."""

import random

import pytest
from sacrebleu.metrics.bleu import BLEU

from tutelage.evaluation.nlp import drop, squad
from tutelage.evaluation.nlp.stopping import LINE, PARAGRAPH, cut
from tutelage.evaluation.nlp.summarization import rouge
from tutelage.evaluation.nlp.translation import bleu

WORDS = [
    "The",
    "a",
    "cat",
    "sat",
    "on",
    "the",
    "mat",
    ",",
    ".",
    "dog's",
    "field-goal",
    "1,000",
    "1000",
    "$49,570",
    "10%",
]
WORDS += ["3rd", "-3", "12.5", "!", "(it)", "été"]


def words(chance: random.Random, most: int) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(0, most)))


@pytest.mark.parametrize(
    ("answer", "references", "exact", "f1"),
    [
        ("The Norman conquest!", ["norman  conquest"], 1, 1),
        ("in the year 1066", ["1066"], 0, 1 / 2),  # "in", "year", "1066" and one of them wanted: 2·1/(3+1)
        ("Denmark and Norway", ["Denmark", "Norway and Iceland"], 0, 2 / 3),
        ("", ["1066"], 0, 0),
        ("the", ["a"], 1, 1),  # nothing is left of either
        ("", [], 1, 1),
        ("", [""], 1, 1),
        ("Not in background.", ["no answer"], 1, 1),
        ("Unanswerable", [""], 1, 1),
        ("N/A", ["Not in background."], 1, 1),
        ("Paris", ["Not in background."], 0, 0),
        ("Not in background.", ["Paris"], 0, 0),
        ("not in Paris", ["Not in background."], 0, 0),
    ],
)
def test_squad_by_hand(answer: str, references: list[str], exact: float, f1: float) -> None:
    assert squad.exact_match(answer, references) == exact
    assert squad.f1(answer, references) == pytest.approx(f1)


@pytest.mark.parametrize(
    ("answer", "references", "exact", "f1"),
    [
        ("7761", ["7761"], 1, 1),
        ("7,761 dollars", ["7761"], 0, 0.67),
        ("7761.0", ["7,761"], 1, 1),
        ("about 7,762 dollars", ["7761 dollars"], 0, 0),  # a wrong number is worth nothing
        ("the Bears", ["Chicago Bears", "bears"], 1, 1),
        ("field-goal", ["field goal"], 1, 1),
        ("", ["field goal"], 0, 0),
        ("John Kasay and Nick Folk", ["John Kasay"], 0, 0.57),
    ],
)
def test_drop_by_hand(answer: str, references: list[str], exact: float, f1: float) -> None:
    assert drop.exact_match(answer, references) == exact
    assert drop.f1(answer, references) == f1


def test_drop_is_that_of_the_evaluation_harness() -> None:
    """On text that is drawn at random from what is normalized; where the harness is installed."""
    theirs = pytest.importorskip(
        "lm_eval.tasks.drop.utils", reason="compared with lm-evaluation-harness: pip install lm-eval"
    )
    chance = random.Random(0)
    for _ in range(2000):
        answer, reference = words(chance, 5), words(chance, 4) or "x"
        ours = (drop.exact_match(answer, [reference]), drop.f1(answer, [reference]))
        assert theirs.get_metrics([answer], [reference]) == ours, (answer, reference)


def test_bleu_is_sacrebleus_whatever_the_number_of_references() -> None:
    chance = random.Random(1)
    for count in (1, 2, 7, 60):
        answers = [words(chance, 12) for _ in range(count)]
        references = [[words(chance, 12) or "x" for _ in range(chance.randint(1, 3))] for _ in answers]
        most = max(map(len, references))
        streams = [[each[n] if n < len(each) else None for each in references] for n in range(most)]
        found = bleu(answers, references, range(count)).estimate(resamples=50)
        assert found.value == pytest.approx(BLEU().corpus_score(answers, streams).score)
        assert found.low <= found.high
        assert (found.n, found.clusters) == (count, count)


def test_the_interval_of_bleu_redraws_clusters() -> None:
    """The same sentence ten times over tells no more than once."""
    chance = random.Random(2)
    answers = [words(chance, 12) + " cat sat on the mat" for _ in range(20)]
    references = [[words(chance, 12) + " cat sat on the mat"] for _ in answers]
    once = bleu(answers, references, range(20)).estimate()
    tenfold = bleu(answers * 10, references * 10, [*range(20)] * 10).estimate()
    assert (tenfold.value, tenfold.low, tenfold.high) == pytest.approx((once.value, once.low, once.high))
    assert once.low < once.value < once.high


def test_rouge_by_hand() -> None:
    """Of `the cat sat` and `the cats ran off`: stems `the cat` in common of 3 and 4 words, one pair of 2 and 3."""
    found = rouge(["the cat sat", "nothing"], [["the cats ran off", "a dog"], [""]])
    assert found["rouge1"] == pytest.approx([2 * (2 / 3) * (2 / 4) / (2 / 3 + 2 / 4), 0])
    assert found["rouge2"] == pytest.approx([2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3), 0])
    assert found["rougeL"] == found["rouge1"]


@pytest.mark.parametrize(
    ("text", "stops", "answer"),
    [
        (" Paris\n\nQ: next?", LINE, "Paris"),
        ("\n\n Paris \nor Rome", LINE, "Paris"),
        ("Paris", LINE, "Paris"),
        ("One.\nTwo.\n\nThree.", PARAGRAPH, "One.\nTwo."),
        ("One.\n\nTwo.", (), "One.\n\nTwo."),
        ("", LINE, ""),
        ("a STOP b END c", ("END", "STOP"), "a"),
    ],
)
def test_an_answer_ends_at_the_first_stop(text: str, stops: tuple[str, ...], answer: str) -> None:
    assert cut(text, stops) == answer
