"""Errors are one line: where, what, what to do."""

import pickle

import pytest
from pydantic import BaseModel, ValidationError

from tutelage.schema import InputError, Prompt, Ranking, Rating, RunError, explain, nearest, suggestion


def test_input_errors_say_where_what_and_what_to_do():
    assert str(InputError("no good", where="a.jsonl:3", remedy="mend it")) == "a.jsonl:3: no good; mend it"
    assert str(InputError("no good")) == "no good"
    assert str(RunError("loss is nan", remedy="lower the learning rate")) == (
        "loss is nan; lower the learning rate"
    )


def test_errors_are_one_line_whatever_they_quote():
    assert "\n" not in str(InputError("it says:\n  oh", remedy="try\nagain"))
    assert "\n" not in str(RunError("it says:\n  oh"))


@pytest.mark.parametrize("error", [InputError("a", "b", "c"), InputError("a"), RunError("a", "b")])
def test_errors_cross_processes(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))


def test_the_nearest_name():
    assert nearest("promt", ["prompt", "text"]) == "prompt"
    assert nearest("Open-QA", ["open_qa", "closed_qa"]) == "open_qa"
    assert nearest("zebra", ["prompt", "text"]) is None
    assert suggestion("zebra", ["prompt", "text"]) == "known are prompt, text"


class Inner(BaseModel, extra="forbid"):
    clip: float = 0.2


class Outer(BaseModel, extra="forbid"):
    ppo: Inner = Inner()


@pytest.mark.parametrize(
    ("model", "values", "line"),
    [
        (Prompt, {"text": "x", "use_csae": "chat"}, "f:1: use_csae: unknown field; did you mean 'use_case'?"),
        (Prompt, {"txt": "x"}, "f:1: text: missing; rename 'txt'?"),
        (
            Prompt,
            {"text": "x", "use_case": "open-qa"},
            "f:1: use_case: 'open-qa' is not a known value; did you mean 'open_qa'?",
        ),
        (
            Prompt,
            {"text": "x", "split": "dev"},
            "f:1: split: 'dev' is not a known value; known are train, valid, test",
        ),
        (
            Ranking,
            {"prompt": {"text": "x"}, "completions": ["a", "b"], "ranks": [1, 3]},
            "f:1: ranks: [1, 3] are not ranks; "
            "give 1 to the best and equal numbers to ties: 1, 2, 2, 3 or 1, 2, 2, 4",
        ),
        (
            Rating,
            {"prompt": {"text": "x"}, "completion": "", "overall": 9},
            "f:1: overall: input should be less than or equal to 7, not 9",
        ),
        (Outer, {"ppo": {"clp": 1}}, "f:1: ppo.clp: unknown field; did you mean 'clip'?"),
    ],
)
def test_pydantics_complaints_as_one_line(model, values, line):
    with pytest.raises(ValidationError) as refusal:
        model(**values)
    assert str(explain(refusal.value, model, "f:1")) == line
