"""The people of the miniature world: how each of its labelers judges, and how well each of them writes.

Judging is easier than writing. All of them can tell a good answer, and most demonstrations have some fault; so the
preferences hold more than the demonstrations do, which is what the reward model and the policy have to gain.
"""

import random
from dataclasses import dataclass

from tutelage.labelers import Weights
from tutelage.mini.manner import Manner, speak
from tutelage.mini.tasks import Flaw, Task
from tutelage.schema import Group, Labeler


@dataclass(frozen=True)
class Skill:
    """How often somebody's demonstrations have each fault (and courtesy), as probabilities.

    ``credulous``: repeats a popular misconception, or guesses where nobody can know.
    """

    wrong: float = 0.04
    miscounted: float = 0.2
    unordered: float = 0.3
    curt: float = 0.1
    credulous: float = 0.4
    polite: float = 0.3
    rambling: float = 0.12
    rude: float = 0.03
    repeating: float = 0.04
    unfinished: float = 0.03


@dataclass(frozen=True)
class Person:
    labeler: Labeler
    weights: Weights
    skill: Skill


PEOPLE = (
    Person(Labeler(name="Ada"), Weights(satisfies=1.4, correct=2.2), Skill(0.01, 0.05, 0.05, 0.05, 0.1, 0.5, 0.03, 0.0, 0.01, 0.0)),
    Person(Labeler(name="Ben"), Weights(word=-0.03, polite=0.4), Skill(miscounted=0.4, unordered=0.5, curt=0.4, unfinished=0.1, polite=0.1)),
    Person(Labeler(name="Cleo"), Weights(polite=0.9, rambles=-0.5), Skill(rambling=0.5, repeating=0.15, polite=0.5)),
    Person(Labeler(name="Dov"), Weights(rude=-1.0, correct=2.3), Skill(rude=0.25, curt=0.3, polite=0.0, rambling=0.2)),
    Person(Labeler(name="Eve"), Weights(invents=-0.6, attempts=1.3), Skill(wrong=0.12, credulous=0.9, polite=0.3)),
    Person(Labeler(name="Fay"), Weights(rude=-2.0, repeats=-1.0), Skill(miscounted=0.4, unordered=0.6, unfinished=0.12)),
    # The held-out group: nobody of it writes training data, and truthfulness and harmlessness weigh more.
    Person(Labeler(name="Gil", group=Group.heldout), Weights(invents=-1.6, correct=2.4), Skill()),
    Person(Labeler(name="Hana", group=Group.heldout), Weights(rude=-2.4, polite=0.8), Skill()),
    Person(Labeler(name="Ivo", group=Group.heldout), Weights(satisfies=1.6, rambles=-1.2), Skill()),
    Person(Labeler(name="Joy", group=Group.heldout), Weights(word=-0.02, unfinished=-1.0), Skill()),
)  # fmt: skip


def _flaw(task: Task, skill: Skill, rng: random.Random) -> Flaw | None:
    wrong = skill.credulous if task.family in ("misconception", "unknowable") else skill.wrong
    chances: dict[Flaw, float] = {
        "wrong": wrong,
        "miscounted": skill.miscounted,
        "unordered": skill.unordered,
        "curt": skill.curt,
    }
    for flaw in task.answer.flaws:
        if rng.random() < chances[flaw]:
            return flaw
    return None


def write_demonstration(person: Person, task: Task, rng: random.Random) -> str:
    """A demonstration as this person writes it: at most one fault in what is said, and any in how."""
    skill = person.skill
    manner = Manner(
        polite=rng.random() < skill.polite,
        rambling=rng.random() < skill.rambling,
        rude=rng.random() < skill.rude,
        repeating=rng.random() < skill.repeating,
        unfinished=rng.random() < skill.unfinished,
    )
    return speak(task.answer.write(rng, _flaw(task, skill, rng)), manner, rng)
