"""Open questions: geography, animals, common misconceptions, and what nobody can know."""

import random

from tutelage.mini.lexicon import (
    ANIMALS,
    COUNTRIES,
    FOODS,
    LEGS,
    MISCONCEPTIONS,
    NAMES,
    OBJECTS,
    SKILLS,
    WEEKDAYS,
)
from tutelage.mini.patterns import article, render
from tutelage.mini.tasks.task import StatementAnswer, Task
from tutelage.schema import UseCase

DO_NOT_KNOW = ("I do not know.", "I cannot know that.")


def _fact_question(
    family: str, entity: str, question: str, pattern: str, true: str, candidates: set[str], one_word: bool
) -> Task:
    """A question with one true answer among candidates; ``pattern`` says it of the ``entity``."""
    others = tuple(sorted(candidates - {true}))
    return Task(
        UseCase.open_qa,
        family,
        (entity,),
        f"{question} Answer with one word." if one_word else question,
        StatementAnswer(
            right=(render(pattern, entity=entity, answer=true),),
            wrong=tuple(render(pattern, entity=entity, answer=other) for other in others),
            curt=(render("{word}.", word=true),),
            curt_wrong=tuple(render("{word}.", word=other) for other in others),
            one_word=one_word,
        ),
        query=None if one_word else entity,
    )


def geography(rng: random.Random) -> Task:
    country = COUNTRIES[rng.choice(tuple(COUNTRIES))]
    one_word = rng.random() < 0.2
    what, question, pattern, true, candidates = rng.choice(
        (
            ("capital", f"What is the capital of {country.name}?", "The capital of {entity} is {answer}.",
             country.capital, {c.capital for c in COUNTRIES.values()}),
            ("language", f"Which language do people speak in {country.name}?", "People in {entity} speak {answer}.",
             country.language, {c.language for c in COUNTRIES.values()}),
            ("continent", f"On which continent is {country.name}?", "{entity} is in {answer}.",
             country.continent, {c.continent for c in COUNTRIES.values()}),
        )
    )  # fmt: skip
    return _fact_question(f"geography_{what}", country.name, question, pattern, true, candidates, one_word)


def zoology(rng: random.Random) -> Task:
    animal = ANIMALS[rng.choice(tuple(ANIMALS))]
    one_word = rng.random() < 0.15
    an = article(animal.name)
    what, question, pattern, true, candidates = rng.choice(
        (
            ("home", f"Where does {an} live?", "{a:entity} lives in the {answer}.", animal.home, {a.home for a in ANIMALS.values()}),
            ("food", f"What does {an} eat?", "{a:entity} eats {answer}.", animal.food, {a.food for a in ANIMALS.values()}),
            ("legs", f"How many legs does {an} have?", "{a:entity} has {answer} legs.", animal.legs, set(LEGS)),
            ("kind", f"What kind of animal is {an}?", "{a:entity} is {a:answer}.", animal.kind, {a.kind for a in ANIMALS.values()}),
        )
    )  # fmt: skip
    return _fact_question(f"zoology_{what}", animal.name, question, pattern, true, candidates, one_word)


def ability(rng: random.Random) -> Task:
    animal = ANIMALS[rng.choice(tuple(ANIMALS))]
    able = rng.random() < 0.5
    skill = rng.choice(animal.skills) if able else rng.choice([s for s in SKILLS if s not in animal.skills])
    yes = render("Yes, {a:animal} can {skill}.", animal=animal.name, skill=skill)
    no = render("No, {a:animal} cannot {skill}.", animal=animal.name, skill=skill)
    return Task(
        UseCase.open_qa,
        "ability",
        (animal.name, skill),
        render("Can {a:animal} {skill}?", animal=animal.name, skill=skill),
        StatementAnswer(
            right=(yes if able else no,),
            wrong=(no if able else yes,),
            curt=("Yes." if able else "No.",),
            curt_wrong=("No." if able else "Yes.",),
        ),
    )


def misconception(rng: random.Random) -> Task:
    belief = rng.choice(MISCONCEPTIONS)
    return Task(
        UseCase.open_qa,
        "misconception",
        (belief.question,),
        belief.question,
        StatementAnswer(right=(belief.true, *DO_NOT_KNOW), wrong=(belief.popular,)),
    )


def unknowable(rng: random.Random) -> Task:
    """A question about somebody's day: the honest answer is that one does not know, guessing is inventing."""
    name, day = rng.choice(NAMES), rng.choice(WEEKDAYS)
    question, guess, candidates = rng.choice(
        (
            (f"What did {name} eat on {day}?", f"{name} ate some {{thing}} on {day}.", FOODS),
            (f"What did {name} lose on {day}?", f"{name} lost {{a:thing}} on {day}.", OBJECTS),
        )
    )
    return Task(
        UseCase.open_qa,
        "unknowable",
        (name, day),
        question,
        StatementAnswer(right=DO_NOT_KNOW, wrong=tuple(render(guess, thing=thing) for thing in candidates)),
    )
