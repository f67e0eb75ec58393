"""Truthfulness, toxicity, bias and the alignment tax on models that are a few lines of Python."""

import math

import pytest

from tutelage.evaluation import (
    DocumentLikelihood,
    Framing,
    accuracy_change,
    answer_choices,
    choice_accuracy,
    document_log_likelihood,
    log_likelihood_change,
    measure_bias,
    measure_toxicity,
    measure_truthfulness,
    summarize_toxicity,
)
from tutelage.evaluation.samples import Sample
from tutelage.evaluation.tasks import TASKS
from tutelage.evaluation.truthfulness import multiple_choice
from tutelage.schema import Choice, Question, SentencePair, ToxicityPrompt, TruthJudgment

PLAIN = Framing("plain")
MODEST = Framing("modest", before="Say nothing rather than something false. ", after="?")
QUESTIONS = [
    Question(question="moon", true_answers=("rock", "stone"), false_answers=("cheese",)),
    Question(question="sun", true_answers=("star",), false_answers=("lamp", "coin")),
]


def test_truthfulness_by_hand() -> None:
    probabilities = {"rock": 0.2, "stone": 0.1, "cheese": 0.25, "star": 0.6, "lamp": 0.2, "coin": 0.2}
    seen: list[str] = []

    def answer(texts: list[str]) -> list[str]:
        seen.extend(texts)
        return ["no comment" if text.startswith("Say") else "cheese" for text in texts]

    measured = measure_truthfulness(
        QUESTIONS,
        answer,
        lambda contexts, answers: [math.log(probabilities[text]) for text in answers],
        lambda question, text: TruthJudgment(true=text != "cheese", informative=text == "cheese"),
        (PLAIN, MODEST),
    )
    assert seen == ["moon", "sun", MODEST.wrap("moon"), MODEST.wrap("sun")]
    assert (measured["plain"].true.value, measured["plain"].true_and_informative.value) == (0, 0)
    assert (measured["modest"].true.value, measured["modest"].true_and_informative.value) == (1, 0)
    # The likeliest is "cheese" for the first question and "star" for the second.
    assert measured["plain"].chooses_true.value == 0.5
    # .3 of .55 and .6 of 1.
    assert measured["plain"].mass_on_true.value == pytest.approx((0.3 / 0.55 + 0.6) / 2)


def test_of_the_true_answers_the_best_counts_where_one_is_named() -> None:
    probabilities = {"rock": 0.3, "stone": 0.1, "cheese": 0.2}
    question = QUESTIONS[0].model_copy(update={"best_answer": "stone"})
    for asked, mc1 in ((QUESTIONS[0], 1.0), (question, 0.0)):
        found = multiple_choice(
            [asked], lambda contexts, answers: [math.log(probabilities[text]) for text in answers], PLAIN
        )
        assert found["mc1"].estimate().value == mc1
        assert found["mc2"].estimate().value == pytest.approx(0.4 / 0.6)


def test_a_blank_can_stand_between_prompt_and_answer() -> None:
    seen: list[str] = []

    def log_probability(contexts: list[str], answers: list[str]) -> list[float]:
        seen.extend(answers)
        return [0.0] * len(answers)

    multiple_choice(QUESTIONS[1:], log_probability, PLAIN, " ")
    assert seen == [" star", " lamp", " coin"]


def test_a_run_and_samples_give_the_same_intervals() -> None:
    """A judge that says yes and no, and one that gives probabilities; a question asked twice is one cluster."""
    questions = [*QUESTIONS, *QUESTIONS[:1]]
    said = {"moon": (True, False), "sun": (True, True)}

    def log_probability(contexts: list[str], answers: list[str]) -> list[float]:
        return [-float(len(answer)) for answer in answers]

    measured = measure_truthfulness(
        questions,
        lambda texts: texts,
        log_probability,
        lambda question, text: TruthJudgment(
            true=said[question.question][0], informative=said[question.question][1]
        ),
        (PLAIN,),
    )["plain"]
    judged = [
        Sample(
            "m", "plain", each.question, "", (), {"true": 0.9, "info": 0.5 if each is QUESTIONS[1] else 0.4}
        )
        for each in questions
    ]
    found = {
        **TASKS["truthfulness"].measure(judged),
        **multiple_choice(questions, log_probability, PLAIN),
    }
    assert measured.true == found["true"].estimate()
    assert measured.true_and_informative == found["true_and_informative"].estimate()
    assert measured.chooses_true == found["mc1"].estimate()
    assert measured.mass_on_true == found["mc2"].estimate()
    assert (measured.true_and_informative.value, measured.true_and_informative.clusters) == (1 / 3, 2)
    assert 0 < measured.mass_on_true.low < measured.mass_on_true.value < measured.mass_on_true.high < 1


def test_a_run_and_samples_are_as_toxic() -> None:
    prompts = [ToxicityPrompt(text=f"p{row}", toxicity=row / 5) for row in range(5)]
    toxicities = [0.1, 0.5, 0.2, 0.9, 0.7]
    whole = summarize_toxicity(prompts, toxicities)
    found = TASKS["toxicity"].measure(
        [
            Sample(
                "m", "plain", prompt.text, "", (), {"toxicity": toxicity, "prompt_toxicity": prompt.toxicity}
            )
            for prompt, toxicity in zip(prompts, toxicities, strict=True)
        ]
    )
    assert whole.mean == found["toxicity"].estimate()
    assert whole.above_half == found["above_half"].estimate()
    assert whole.above_half.value == 0.4
    assert [point.toxicity for point in whole.curve] == [
        statistic.estimate() for name, statistic in found.items() if name.startswith("toxicity, prompts")
    ]


def test_very_unlikely_answers_still_share_their_probability() -> None:
    measured = measure_truthfulness(
        QUESTIONS,
        lambda texts: texts,
        lambda contexts, answers: [-5000.0] * len(answers),
        lambda question, text: TruthJudgment(true=True, informative=True),
        (PLAIN,),
    )
    assert measured["plain"].mass_on_true.value == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert measured["plain"].chooses_true.value == 0  # a tie with a false answer is not truthful


def test_toxicity_by_framing() -> None:
    prompts = [ToxicityPrompt(text="you oaf", toxicity=0.9), ToxicityPrompt(text="good day", toxicity=0.1)]
    measured = measure_toxicity(
        prompts,
        lambda texts: [
            "ninny" if "oaf" in text and not text.startswith("Say") else "friend" for text in texts
        ],
        lambda text: 1.0 if text == "ninny" else 0.0,
        (PLAIN, MODEST),
    )
    assert (measured["plain"].mean.value, measured["modest"].mean.value) == (0.5, 0.0)
    assert (measured["plain"].above_half.value, measured["modest"].above_half.value) == (0.5, 0.0)
    assert [(point.low, point.toxicity.value) for point in measured["plain"].curve] == [
        (0.0, 0.0),
        (0.8, 1.0),
    ]


def test_the_curve_puts_each_prompt_into_one_bin() -> None:
    levels = [0.0, 0.19, 0.2, 0.5, 0.99, 1.0]
    prompts = [ToxicityPrompt(text=f"p{level}", toxicity=level) for level in levels]
    curve = summarize_toxicity(prompts, levels).curve
    assert [point.toxicity.n for point in curve] == [2, 1, 1, 2]
    assert [point.low for point in curve] == pytest.approx([0.0, 0.2, 0.4, 0.8])
    assert curve[-1].toxicity.value == pytest.approx(0.995)


def test_bias_is_the_entropy_of_the_choice() -> None:
    pairs = [SentencePair(more="he is rich", less="she is rich"), SentencePair(more="old", less="young")]
    logprobs = {"he is rich": math.log(0.03), "she is rich": math.log(0.01), "old": -900.0, "young": -900.0}
    seen: list[str] = []

    def log_probability(contexts: list[str], sentences: list[str]) -> list[float]:
        seen.extend(contexts)
        return [logprobs[text] for text in sentences]

    measured = measure_bias(pairs, log_probability, (PLAIN, MODEST))
    # H(3/4) = 2 - 3/4 log2 3, and an even choice.
    assert measured["plain"].entropy.value == pytest.approx((2 - 0.75 * math.log2(3) + 1) / 2)
    # The first pair is a stereotype, the second a tie.
    assert measured["plain"].stereotype.value == 0.75
    assert seen == [""] * 4 + [MODEST.wrap("")] * 4


def test_choices_by_likelihood() -> None:
    items = [
        Choice(context="a cat says", choices=(" moo", " meow"), answer=1),
        Choice(context="a cow says", choices=(" moo", " meow"), answer=0),
        Choice(context="a fox says", choices=(" moo", " meow"), answer=0),
    ]
    table = {"cat": (-3.0, -1.0), "cow": (-2.0, -1.5), "fox": (-1.0, -1.0)}

    def log_probability(contexts: list[str], endings: list[str]) -> list[float]:
        return [table[context[2:5]][end == " meow"] for context, end in zip(contexts, endings, strict=True)]

    correct = answer_choices(items, log_probability)
    assert correct == [True, False, False]  # the last is a tie, and a tie is not knowledge
    assert choice_accuracy(correct).value == pytest.approx(1 / 3)


def test_documents_count_by_token() -> None:
    documents = [DocumentLikelihood(-10.0, 10), DocumentLikelihood(-90.0, 30)]
    likelihood = document_log_likelihood(documents)
    assert (likelihood.value, likelihood.n, likelihood.clusters) == (-2.5, 40, 2)


def test_a_change_is_paired() -> None:
    before = [DocumentLikelihood(-1.0 * place, 10) for place in range(1, 41)]
    after = [DocumentLikelihood(document.log_probability - 0.5, 10) for document in before]
    change = log_likelihood_change(before, after)
    assert (change.value, change.low, change.high) == pytest.approx((-0.05, -0.05, -0.05))
    alone = document_log_likelihood(after)
    assert alone.high - alone.low > 0.5
    assert accuracy_change([True, True, False, True], [True, False, True, False]).value == -0.25


def test_changes_of_different_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="same tokens"):
        log_likelihood_change([DocumentLikelihood(-1.0, 3)], [DocumentLikelihood(-1.0, 4)])
    with pytest.raises(ValueError, match="same items"):
        accuracy_change([True], [True, False])
