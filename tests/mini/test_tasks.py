"""The tasks of the embedded world: whoever writes a good answer must be judged right, and every flaw must be seen."""

import random

import pytest

from tutelage.mini import World
from tutelage.mini.manner import Manner, speak, take_apart
from tutelage.mini.prompts import COUNTS, split_of, write_prompts
from tutelage.mini.tasks import FAMILIES
from tutelage.mini.tasks.lists import TALK_PROMPT, talk_prompt
from tutelage.mini.tasks.task import ListAnswer
from tutelage.schema import TABLE_1, Kind, Split, UseCase

FAMILY = [(use_case, family) for use_case, families in FAMILIES.items() for family in families]


@pytest.mark.parametrize(
    ("use_case", "family"), FAMILY, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_good_answers_are_right_and_flawed_ones_are_not(use_case, family):
    rng = random.Random(3)
    for _ in range(60):
        task = family(rng)
        assert task.use_case == use_case
        good = task.answer.judge(take_apart(task.answer.write(rng)).core)
        assert (good.attempts, good.correct, good.satisfies is not False, good.invents) == (
            True,
            True,
            True,
            False,
        )
        for flaw in task.answer.flaws:
            if flaw in (
                "curt",
                "unordered",
            ):  # curtness is a matter of taste; words of one length have no wrong order
                continue
            text = task.answer.write(rng, flaw)
            bad = task.answer.judge(take_apart(text).core)
            perfect = (bad.attempts, bad.correct, bad.satisfies is not False) == (True, True, True)
            assert not perfect, (task.instruction, flaw, text)
        nonsense = task.answer.judge(("The of and lamp.",))
        assert (nonsense.attempts, nonsense.correct, bool(nonsense.satisfies)) == (False, False, False)


def test_a_list_must_have_its_count_its_order_and_only_right_words():
    answer = ListAnswer(valid=("joy", "glee", "bliss", "pleasure"), others=("rage",), count=3, order="length")
    perfect = answer.judge(("joy, glee, bliss.",))
    assert (perfect.attempts, perfect.correct, perfect.satisfies, perfect.invents) == (
        True,
        True,
        True,
        False,
    )
    assert answer.judge(("glee, joy, bliss.",)).satisfies is False
    assert answer.judge(("joy, glee.",)).satisfies is False
    assert answer.judge(("joy, joy, glee.",)).correct is False
    assert answer.judge(("joy, glee, rage.",)).invents is True
    assert answer.judge(("rage, carrot, slight.",)).attempts is False


def test_a_story_with_a_stranger_is_not_the_story_that_was_asked_for():
    rng = random.Random(0)
    task = next(
        t for t in iter(lambda: FAMILIES[UseCase.generation][0](rng), None) if t.entities == t.entities
    )
    x, y = task.answer.heroes
    told = f"One day the {x} met nobody."
    assert task.answer.judge((told,)).attempts is False
    right = task.answer.write(rng)
    stranger = right.replace(y, "unicorn")
    assert task.answer.judge(take_apart(stranger).core).correct is False


def test_manner_is_recognised_as_it_was_spoken():
    rng = random.Random(1)
    core = "A bear eats honey."
    for polite in (False, True):
        for rambling in (False, True):
            for rude in (False, True):
                for repeating in (False, True):
                    said = take_apart(speak(core, Manner(polite, rambling, rude, repeating), rng))
                    assert said.core == (core,)
                    assert (said.rambles, said.rude, said.repeats) == (rambling, rude, repeating)
                    assert said.polite == (polite and not rude)
                    assert said.ends
    assert not take_apart(speak(core, Manner(unfinished=True), rng)).ends


def test_prompts_have_the_papers_shares_and_share_nothing_between_splits():
    splits = {split: write_prompts(0, split) for split in Split}
    for split, posed in splits.items():
        assert abs(len(posed) - COUNTS[split]) <= 10
        for use_case, percent in TABLE_1.items():
            share = 100 * sum(p.task.use_case == use_case for p in posed) / len(posed)
            assert share == pytest.approx(percent, abs=0.5)
        assert {p.prompt.kind for p in posed} == set(Kind)
        assert all(split_of(p.task) == split for p in posed)
    for one, other in ((Split.train, Split.valid), (Split.train, Split.test), (Split.valid, Split.test)):
        assert not {p.prompt.user for p in splits[one]} & {p.prompt.user for p in splits[other]}
        combinations = [{(p.task.family, p.task.entities) for p in splits[s]} for s in (one, other)]
        assert not combinations[0] & combinations[1]


def test_the_talks_own_prompt_is_held_out():
    assert TALK_PROMPT == "Find five synonyms for delight and sort them by their length."
    test = {p.text for p in World(0).prompts() if p.split == Split.test}
    train = {p.text for p in World(0).prompts() if p.split != Split.test}
    assert TALK_PROMPT in test
    assert TALK_PROMPT not in train
    assert talk_prompt().answer.judge(("joy, glee, bliss, gladness, happiness.",)).correct
