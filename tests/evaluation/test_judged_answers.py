"""Accuracy and AUC of a judge, by hand and against a plain count."""

import math
import random

import pytest

from tutelage.evaluation.answer_judges import ClassifierJudge
from tutelage.evaluation.judged_answers import auc, auc_estimate, judge_accuracy
from tutelage.schema import LabeledAnswer, Prompt


def labeled(*labels: bool) -> list[LabeledAnswer]:
    return [
        LabeledAnswer(prompt=Prompt(text=f"{number // 2}?"), answer="a", label=label)
        for number, label in enumerate(labels)
    ]


def test_by_hand() -> None:
    """Of 2 yes and 2 no the pairs are .9>.4, .9>.1, .4=.4, .4>.1: 3.5 of 4; three of four answers are right."""
    found = judge_accuracy([0.9, 0.4, 0.4, 0.1], labeled(True, True, False, False))
    assert (found.accuracy.value, found.accuracy.n, found.accuracy.clusters) == (0.75, 4, 2)
    assert found.auc is not None
    assert found.auc.value == 3.5 / 4
    assert found.majority == 0.5
    assert "accuracy 0.750" in found.told()
    assert "AUC 0.875" in found.told()


def test_one_label_alone_has_no_auc() -> None:
    found = judge_accuracy([0.5, 0.4], labeled(True, True))
    assert (found.accuracy.value, found.auc, found.majority) == (0.5, None, 1.0)
    assert "AUC –" in found.told()
    with pytest.raises(ValueError, match="no values"):
        judge_accuracy([], [])


def test_auc_is_a_count_of_pairs() -> None:
    chance = random.Random(0)
    for _ in range(50):
        scores = [round(chance.random(), 1) for _ in range(30)]
        labels = [chance.random() < 0.4 for _ in scores]
        yes = [score for score, label in zip(scores, labels, strict=True) if label]
        no = [score for score, label in zip(scores, labels, strict=True) if not label]
        wins = sum((one > other) + 0.5 * (one == other) for one in yes for other in no)
        assert auc(scores, labels) == pytest.approx(wins / (len(yes) * len(no)))
        weights = [chance.randint(0, 3) for _ in scores]
        repeated = [place for place, weight in enumerate(weights) for _ in range(weight)]
        again = auc([scores[place] for place in repeated], [labels[place] for place in repeated])
        assert auc(scores, labels, weights) == pytest.approx(again)
    assert math.isnan(auc([0.1, 0.2], [True, True]))


def test_intervals_redraw_questions() -> None:
    chance = random.Random(1)
    labels = [chance.random() < 0.5 for _ in range(60)]
    scores = [label + chance.gauss(0, 1) for label in labels]
    once = auc_estimate(scores, labels, range(60))
    tenfold = auc_estimate(scores * 10, labels * 10, [*range(60)] * 10)
    assert (tenfold.value, tenfold.low, tenfold.high) == pytest.approx((once.value, once.low, once.high))
    assert 0.5 < once.low < once.value < once.high < 1
    single = auc_estimate(scores, labels, [0] * 60)
    assert (single.low, single.high) == (0, 1)


def test_a_judge_is_the_logistic_function_of_a_score() -> None:
    def longer(questions: list[str], answers: list[str]) -> list[int]:
        return [len(answer) - len(question) for question, answer in zip(questions, answers, strict=True)]

    found = ClassifierJudge(longer)(["q", "q", "qq"], ["a", "aa", "a"])
    assert found == pytest.approx([0.5, 1 / (1 + math.exp(-1)), 1 / (1 + math.e)])
