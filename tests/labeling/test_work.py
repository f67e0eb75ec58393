"""What a page shows of a task, and what its answer means in the task's own order."""

from collections import Counter
from dataclasses import asdict

import pytest

from tutelage.labeling.incoming import DEEPEST, demand_value
from tutelage.labeling.questions import questions_for
from tutelage.labeling.work import in_own_order, in_shown_order, order_of, read_answer, show
from tutelage.schema import Flagged, Flags, Gold, InputError, Mark, Order, Prompt, Task, TaskKind

TASK = Task(
    kind=TaskKind.rank,
    prompt=Prompt(text="?"),
    completions=tuple("abcdefghi"),
    sources=tuple("ABCDEFGHI"),
    gold=Gold(ranks=tuple(range(1, 10)), why="a secret reason"),
)
ORDER = Order(
    marks=tuple(Mark(overall=1 + place % 7, flags=Flags(opinion=place == 4)) for place in range(9)),
    ranks=tuple(range(1, 10)),
)


def test_what_is_shown_and_what_is_kept_are_each_others_opposite() -> None:
    for assignment in range(50):
        shown = in_shown_order(ORDER, assignment)
        assert isinstance(shown, Order)
        texts = [each.text for each in show(assignment, TASK).completions]
        # "a" is ranked 1, "b" 2, and so on, wherever they stand
        assert list(shown.ranks) == [1 + "abcdefghi".index(text) for text in texts]
        assert in_own_order(shown, assignment) == ORDER


def test_each_output_stands_at_each_place_about_as_often() -> None:
    """Of 900 assignments 100 are expected at each place, with a standard deviation of 9.4."""
    first = Counter(order_of(assignment, 9)[0] for assignment in range(900))
    last = Counter(order_of(assignment, 9)[-1] for assignment in range(900))
    for found in (first, last):
        assert set(found) == set(range(9))
        assert all(55 < count < 145 for count in found.values())


def test_a_page_knows_neither_sources_nor_gold() -> None:
    shown = repr(asdict(show(1, TASK)))
    assert "secret" not in shown
    assert not set("ABCDEFGHI") & {each.text for each in show(1, TASK).completions}
    assert "sources" not in shown
    assert "gold" not in shown


def test_other_answers_have_no_order() -> None:
    assert in_own_order(Flagged(sensitive=True), 1) == Flagged(sensitive=True)
    assert in_shown_order(Flagged(sensitive=True), 1) == Flagged(sensitive=True)


def test_truth_and_harm_are_asked_first_where_models_are_compared() -> None:
    ranking = [question.name for question in questions_for(TaskKind.rank)]
    comparison = [question.name for question in questions_for(TaskKind.evaluate)]
    assert ranking[0] == "fails_task"
    assert comparison[:2] == ["hallucination", "harmful_advice"]
    assert sorted(ranking) == sorted(comparison) == sorted(Flags.model_fields)


def test_every_question_has_a_key_of_its_own_that_is_none_of_the_pages() -> None:
    keys = {question.key for question in questions_for(TaskKind.rank)}
    assert len(keys) == len(Flags.model_fields)
    assert keys <= set("abcdefghijklmnopqrstuvwxyz") - set("ip")  # instructions, prompt


def test_a_value_may_be_as_deep_as_that_and_no_deeper() -> None:
    value: object = "x"
    for _ in range(DEEPEST):
        value = [value]
    demand_value(value, 10, "draft")
    with pytest.raises(InputError, match="nested too deeply"):
        demand_value([value], 10, "draft")


def test_a_refusal_names_the_place() -> None:
    marks = [{"overall": 1}, {"overall": 9}]
    with pytest.raises(InputError, match=r"answer\.marks\.1\.overall"):
        read_answer({"kind": "order", "marks": marks, "ranks": [1, 2]}, 10)
    with pytest.raises(InputError, match=r"answer\.completion"):
        read_answer({"kind": "demonstrate", "completion": "x" * 21}, 20)
