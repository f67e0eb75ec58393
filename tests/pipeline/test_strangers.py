"""Prompts that are not of the embedded world: its labelers tell the manner of an answer, and claim to know no more."""

import pytest

from tutelage.pipeline.mini_source import MiniSource
from tutelage.schema import Group, Prompt

STRANGE = Prompt(text="What is it like to be a bat?")


def test_its_own_prompts_are_judged_as_the_world_judges_them(world: MiniSource) -> None:
    for prompt, completion in [(each, each.text) for each in world.prompts()[:20]]:
        assert world.knows(prompt)
        assert world.oracle.judge(prompt, completion) == world.world.oracle.judge(prompt, completion)
        assert world.utility(prompt, completion) == world.world.utility(prompt, completion)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("Gladly! It hangs upside down.", "It hangs upside down."),
        ("It hangs upside down.", "It hangs upside down. It hangs upside down."),
        ("It hangs upside down.", "It hangs upside"),
        ("It hangs upside down.", "I could talk about this all day. It hangs upside down."),
        ("It hangs upside down.", "Gladly!"),
    ],
)
def test_of_others_they_judge_the_manner(world: MiniSource, better: str, worse: str) -> None:
    assert not world.knows(STRANGE)
    assert world.utility(STRANGE, better) > world.utility(STRANGE, worse)
    for group in Group:
        for annotator in world.annotators(group, noise=0.0):
            assert annotator.rank(STRANGE, [worse, better]) == (2, 1)


def test_nobody_is_right_about_what_nobody_knows(world: MiniSource) -> None:
    verdict = world.oracle.judge(STRANGE, "It hangs upside down.")
    assert verdict.attempts
    assert not verdict.correct
    assert verdict.satisfies is None
    assert not verdict.invents
