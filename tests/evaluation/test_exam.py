"""Models put through tasks: what they are asked, what becomes a sample, and what is passed over."""

from collections.abc import Sequence
from typing import Any, cast

from tutelage.evaluation import Framing, Subject
from tutelage.evaluation.exam import ask, longest_that_fits
from tutelage.evaluation.samples import Item
from tutelage.evaluation.tasks import TASKS

ITEMS = [Item("one", ("x",)), Item("a very long item", ("y",)), Item("two", ("z",), {"known": 0.5})]
SHOTS = Framing("2-shot", before="Do it.\n\n", examples=("e1", "e2"))


class Echo:
    """Says what it was asked, and on a new line something else; texts of more than `room` letters do not fit."""

    name = "echo"

    def __init__(self, room: int) -> None:
        self.room = room
        self.places: list[int] = []

    def fits(self, text: str) -> bool:
        return len(text) <= self.room

    def several_answers(self, prompts: Sequence[str], count: int, places: Sequence[int]) -> list[list[str]]:
        self.places = list(places)
        return [
            [f"{prompt.splitlines()[-1]} {number}\nQ: more?" for number in range(count)] for prompt in prompts
        ]


def asked(room: int, count: int = 1, framing: Framing = SHOTS) -> tuple[Any, list[Any]]:
    echo = Echo(room)
    return echo, ask(cast(Subject, echo), dict(enumerate(ITEMS)), framing, TASKS["drop"], count)


def test_each_answer_is_a_sample_cut_as_the_task_says() -> None:
    _, found = asked(room=100, count=2)
    assert [(each.prompt, each.text) for each in found[:2]] == [("one", "one 0"), ("one", "one 1")]
    assert {(each.model, each.prompt_type) for each in found} == {("echo", "2-shot")}
    assert [each.references for each in found] == [("x",), ("x",), ("y",), ("y",), ("z",), ("z",)]
    assert found[-1].given == {"known": 0.5}


def test_what_has_no_room_is_passed_over_and_the_others_keep_their_places() -> None:
    echo, found = asked(room=len("Do it.\n\none"))
    assert [each.prompt for each in found] == ["one", "two"]
    assert echo.places == [0, 2]


def test_the_first_examples_go_where_they_leave_no_room() -> None:
    versions = list(SHOTS.versions("one"))
    assert versions == ["Do it.\n\ne1\n\ne2\n\none", "Do it.\n\ne2\n\none", "Do it.\n\none"]
    for room, expected in ((100, 0), (len(versions[0]) - 1, 1), (len(versions[1]) - 1, 2)):
        assert longest_that_fits(cast(Subject, Echo(room)), SHOTS, "one") == versions[expected]
    assert longest_that_fits(cast(Subject, Echo(2)), SHOTS, "one") is None
