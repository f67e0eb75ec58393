"""What may be asked of labelers, what answers it, and what the answer may be used for."""

import pytest
from pydantic import TypeAdapter, ValidationError

from tutelage.schema import (
    ANSWERS,
    Answer,
    Assessed,
    Flagged,
    Gold,
    Mark,
    Order,
    Prompt,
    Purpose,
    Skipped,
    Task,
    TaskKind,
    WrittenCompletion,
    WrittenPrompt,
)

PROMPT = Prompt(text="Name a colour.")
COLOURS = ("red", "green", "blue")
RANKED = {"kind": "rank", "prompt": PROMPT, "completions": COLOURS}


@pytest.mark.parametrize(
    ("task", "purpose"),
    [
        (Task(kind=TaskKind.write), Purpose.training),
        (Task(kind=TaskKind.demonstrate, prompt=PROMPT), Purpose.training),
        (Task(kind=TaskKind.rank, prompt=PROMPT, completions=COLOURS), Purpose.training),
        (Task(kind=TaskKind.evaluate, prompt=PROMPT, completions=COLOURS), Purpose.evaluation),
        (Task(kind=TaskKind.flag, prompt=PROMPT), Purpose.control),
        (Task(kind=TaskKind.assess), Purpose.control),
        (Task(kind=TaskKind.write, screening=True), Purpose.control),
        (Task(kind=TaskKind.evaluate, prompt=PROMPT, completions=COLOURS, screening=True), Purpose.control),
        (
            Task(kind=TaskKind.rank, prompt=PROMPT, completions=COLOURS, gold=Gold(ranks=(1, 2, 2))),
            Purpose.control,
        ),
    ],
)
def test_only_work_on_prompts_that_is_not_for_control_is_trained_on(task: Task, purpose: Purpose) -> None:
    assert task.purpose is purpose


@pytest.mark.parametrize(
    ("told", "fields"),
    [
        ("has no prompt", {"kind": "write", "prompt": PROMPT}),
        ("has no prompt and no completions", {"kind": "assess", "completions": COLOURS}),
        ("needs a prompt", {"kind": "demonstrate"}),
        ("needs a prompt", {"kind": "rank", "completions": COLOURS}),
        ("has no completions", {"kind": "demonstrate", "prompt": PROMPT, "completions": COLOURS}),
        ("1 completions; give 2 to 9", {"kind": "rank", "prompt": PROMPT, "completions": ("red",)}),
        (
            "10 completions; give 2 to 9",
            {"kind": "evaluate", "prompt": PROMPT, "completions": tuple("abcdefghij")},
        ),
        ("3 completions but 2 sources", RANKED | {"sources": ("a", "b")}),
        ("gold ranks belong", RANKED | {"gold": Gold()}),
        ("gold ranks belong", {"kind": "flag", "prompt": PROMPT, "gold": Gold(ranks=(1, 2), sensitive=True)}),
        ("3 completions but 2 gold ranks", RANKED | {"gold": Gold(ranks=(1, 2))}),
        ("are not ranks", RANKED | {"gold": Gold(ranks=(1, 3, 4))}),
        ("whether a text is sensitive", {"kind": "flag", "prompt": PROMPT, "gold": Gold(why="because")}),
        (
            "whether a text is sensitive",
            {"kind": "demonstrate", "prompt": PROMPT, "gold": Gold(sensitive=True)},
        ),
    ],
)
def test_a_task_that_does_not_say_what_is_asked_is_refused(told: str, fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=told):
        Task.model_validate(fields)


@pytest.mark.parametrize("count", [2, 9])
def test_two_to_nine_completions_can_be_ranked(count: int) -> None:
    task = Task(kind=TaskKind.rank, prompt=PROMPT, completions=("same",) * count)
    assert Task.model_validate_json(task.model_dump_json()) == task


@pytest.mark.parametrize(
    "answer",
    [
        WrittenPrompt(text="Why?", completion="Therefore."),
        WrittenCompletion(completion="red"),
        Order(marks=(Mark(overall=1), Mark(overall=7)), ranks=(2, 1)),
        Flagged(sensitive=False),
        Assessed(topics=("threats",)),
        Skipped(reason="other", comment="no idea"),
    ],
)
def test_an_answer_is_told_by_its_kind_when_it_comes_back_as_json(answer: Answer) -> None:
    found: Answer = TypeAdapter(Answer).validate_json(answer.model_dump_json())
    assert found == answer


def test_every_kind_of_work_has_its_answer() -> None:
    assert set(ANSWERS) == set(TaskKind)


@pytest.mark.parametrize(
    ("told", "overalls", "ranks"),
    [
        ("2 completions but 3 ranks", (7, 1), (1, 2, 3)),
        ("are not ranks", (7, 1), (1, 3)),
        ("greater than or equal to 1", (0, 1), (1, 2)),
        ("less than or equal to 7", (8, 1), (1, 2)),
    ],
)
def test_an_order_marks_from_one_to_seven_and_ranks_what_it_marks(
    told: str, overalls: tuple[int, ...], ranks: tuple[int, ...]
) -> None:
    with pytest.raises(ValidationError, match=told):
        Order.model_validate({"marks": [{"overall": overall} for overall in overalls], "ranks": ranks})


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "demonstrate", "completion": " \n"},
        {"kind": "write", "text": ""},
        {"kind": "write", "text": "Why?", "completion": " "},
        {"kind": "demonstrate", "completion": "half of \ud83d"},
        {"kind": "skip", "reason": "lunch"},
        {"kind": "poem", "text": "Why?"},
    ],
)
def test_an_answer_that_says_nothing_is_none(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Answer).validate_python(fields)
