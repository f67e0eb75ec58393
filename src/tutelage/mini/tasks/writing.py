"""Generation: stories, descriptions, sentences, reviews, notices and letters."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tutelage.mini.lexicon import (
    ANIMALS,
    BAD,
    CATEGORIES,
    COUNTRIES,
    FOODS,
    GOOD,
    NAMES,
    NUMBERS,
    OBJECTS,
    PLACES,
    SETTINGS,
    VERBS,
)
from tutelage.mini.patterns import article, parse, parse_any, render
from tutelage.mini.tasks.task import Flaw, Judgment, StatementAnswer, Task
from tutelage.schema import UseCase

STORY_OPENINGS = (
    "One day {a:x} met {a:y} in the {place}.",
    "{a:x} and {a:y} lived in the {place}.",
    "Long ago {a:x} and {a:y} walked to the {place}.",
)
STORY_MIDDLES = (
    "They shared some {food} and talked for a long time.",
    "The {x} found {a:object} and gave it to the {y}.",
    "The {x} was hungry and the {y} brought some {food}.",
    "The {x} lost {a:object} and the {y} helped to find it.",
)
STORY_CLOSINGS = (
    "In the end the {x} and the {y} became good friends.",
    "In the evening the {x} and the {y} went home.",
    "At last the {x} thanked the {y}.",
)
_COUNTS = (2, 3)


class Counted:
    """An answer of as many sentences as were asked for, or of a few where no number was (``count`` is None)."""

    count: int | None

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        return ("wrong",) if self.count is None else ("wrong", "miscounted")

    def sentences_to_write(self, rng: random.Random, flaw: Flaw | None) -> int:
        """How many sentences an answer with this flaw has: from one to four."""
        count = self.count or rng.choice(_COUNTS)
        return rng.choice([n for n in range(1, 5) if n != count]) if flaw == "miscounted" else count

    def satisfied(self, attempts: bool, core: Sequence[str]) -> bool | None:
        """Whether an answer has the number of sentences that was asked for; None where none was."""
        return None if self.count is None else attempts and len(core) == self.count


@dataclass(frozen=True)
class StoryAnswer(Counted):
    """A story about two animals: an opening, middles, a closing; nobody else comes in."""

    heroes: tuple[str, str]
    count: int | None

    def write(self, rng: random.Random, flaw: Flaw | None = None) -> str:
        count = self.sentences_to_write(rng, flaw)
        x, y = self.heroes
        if flaw == "wrong":
            y = rng.choice([name for name in ANIMALS if name not in self.heroes])
        middles = rng.sample(STORY_MIDDLES, max(0, count - 2))
        closings = [rng.choice(STORY_CLOSINGS)] if count > 1 else []
        parts: list[str] = []
        for pattern in [rng.choice(STORY_OPENINGS), *middles, *closings]:
            first, second = (x, y) if not parts or rng.random() < 0.5 else (y, x)
            scene = {"place": rng.choice(SETTINGS), "food": rng.choice(FOODS), "object": rng.choice(OBJECTS)}
            parts.append(render(pattern, x=first, y=second, **scene))
        return " ".join(parts)

    def judge(self, core: Sequence[str]) -> Judgment:
        roles, attempts = "", False
        named: set[str] = set()
        for sentence in core:
            for role, patterns in (("o", STORY_OPENINGS), ("m", STORY_MIDDLES), ("c", STORY_CLOSINGS)):
                values = parse_any(patterns, sentence)
                if values is not None:
                    roles += role
                    named |= {values[slot] for slot in ("x", "y") if slot in values}
                    attempts |= values.get("x") in self.heroes and values.get("y") in self.heroes
        whole = (
            len(roles) == len(core) and roles[:1] == "o" and roles.count("o") == 1 and "c" not in roles[:-1]
        )
        ended = len(roles) == 1 or roles.endswith("c")
        attempts = attempts and roles.startswith("o")
        correct = (
            attempts and whole and ended and named == set(self.heroes) and self.heroes[0] != self.heroes[1]
        )
        return Judgment(attempts, correct, self.satisfied(attempts, core))


def story(rng: random.Random) -> Task:
    x, y = rng.sample(tuple(ANIMALS), 2)
    count = rng.choice((None, *_COUNTS, *_COUNTS))
    limit = f" in {NUMBERS[count]} sentences" if count else ""
    verb = rng.choice(("Write", "Tell me"))
    instruction = f"{verb} a short story about {article(x)} and {article(y)}{limit}."
    return Task(UseCase.generation, "story", tuple(sorted((x, y))), instruction, StoryAnswer((x, y), count))


_FACTS = {
    "kind": ("The {animal} is {a:value}.", "It is {a:value}."),
    "home": ("The {animal} lives in the {value}.", "It lives in the {value}."),
    "food": ("The {animal} eats {value}.", "It eats {value}."),
    "legs": ("The {animal} has {value} legs.", "It has {value} legs."),
    "skill": ("The {animal} can {value}.", "It can {value}."),
}


def animal_facts(name: str) -> dict[str, tuple[str, ...]]:
    """What is true of an animal, by the kinds of sentence in which it can be said."""
    animal = ANIMALS[name]
    return {
        "kind": (animal.kind,),
        "home": (animal.home,),
        "food": (animal.food,),
        "legs": (animal.legs,),
        "skill": animal.skills,
    }


def describe_animal(name: str, count: int, rng: random.Random, falsehoods: int = 0) -> str:
    """``count`` sentences about an animal, of which ``falsehoods`` are borrowed from another one."""
    facts = animal_facts(name)
    aspects = rng.sample(tuple(facts), count)
    false = set(rng.sample(range(count), falsehoods))
    parts = []
    for i, aspect in enumerate(aspects):
        values: Sequence[str] = facts[aspect]
        if i in false:
            values = sorted({v for other in ANIMALS for v in animal_facts(other)[aspect]} - set(values))
        parts.append(render(_FACTS[aspect][min(i, 1)], animal=name, value=rng.choice(values)))
    return " ".join(parts)


@dataclass(frozen=True)
class DescriptionAnswer(Counted):
    """True sentences about an animal, the first of which names it."""

    animal: str
    count: int | None

    def write(self, rng: random.Random, flaw: Flaw | None = None) -> str:
        count = self.sentences_to_write(rng, flaw)
        return describe_animal(self.animal, count, rng, falsehoods=int(flaw == "wrong"))

    def judge(self, core: Sequence[str]) -> Judgment:
        facts = animal_facts(self.animal)
        understood = true = 0
        attempts = False
        for i, sentence in enumerate(core):
            for aspect, patterns in _FACTS.items():
                values = parse(patterns[min(i, 1)], sentence)
                if values is not None:
                    about = values.get("animal", self.animal) == self.animal
                    attempts |= i == 0 and about
                    understood += 1
                    true += about and values["value"] in facts[aspect]
        correct = attempts and true == len(core)
        return Judgment(attempts, correct, self.satisfied(attempts, core), attempts and true < understood)


def description(rng: random.Random) -> Task:
    animal = rng.choice(tuple(ANIMALS))
    count = rng.choice((None, *_COUNTS, *_COUNTS))
    amount = f"{NUMBERS[count]} sentences" if count else "a few sentences"
    instruction = f"{rng.choice(('Write', 'Give me'))} {amount} about the {animal}."
    return Task(UseCase.generation, "description", (animal,), instruction, DescriptionAnswer(animal, count))


_SENTENCES = ("{name} {verb} {a:object} at the {place}.", "At the {place} {name} {verb} {a:object}.")


@dataclass(frozen=True)
class SentenceAnswer:
    """One sentence in which two given words stand."""

    object: str
    place: str
    flaws: tuple[Flaw, ...] = ("wrong",)

    def write(self, rng: random.Random, flaw: Flaw | None = None) -> str:
        thing = rng.choice([o for o in OBJECTS if o != self.object]) if flaw == "wrong" else self.object
        verb = rng.choice(VERBS)[rng.randrange(2)]
        return render(
            rng.choice(_SENTENCES), name=rng.choice(NAMES), verb=verb, object=thing, place=self.place
        )

    def judge(self, core: Sequence[str]) -> Judgment:
        values = parse_any(_SENTENCES, core[0]) if core else None
        if values is None:
            return Judgment(False, False, False)
        both = values["object"] == self.object and values["place"] == self.place
        attempts = values["object"] == self.object or values["place"] == self.place
        spoken = (
            values["verb"] in {form for verb in VERBS for form in verb[:2]}
            and values["name"].title() in NAMES
        )
        return Judgment(attempts, attempts and spoken and len(core) == 1, attempts and both)


def sentence(rng: random.Random) -> Task:
    thing, place = rng.choice(OBJECTS), rng.choice(PLACES)
    form = rng.choice(
        ("Write a sentence with the words {x} and {y}.", "Use the words {x} and {y} in a sentence.")
    )
    return Task(
        UseCase.generation,
        "sentence",
        (thing, place),
        form.format(x=thing, y=place),
        SentenceAnswer(thing, place),
    )


_REVIEW_OPENING = "The {place} in {city} was {adjective}."
_REVIEW_MORE = ("The {food} was {adjective}.", "The people were {adjective}.", "The rooms were {adjective}.")


@dataclass(frozen=True)
class ReviewAnswer(Counted):
    """A review of a place in a city, all of it as good or as bad as was asked."""

    place: str
    city: str
    words: tuple[str, ...]
    count: int | None

    def write(self, rng: random.Random, flaw: Flaw | None = None) -> str:
        count = self.sentences_to_write(rng, flaw)
        words = [w for w in GOOD + BAD if w not in self.words] if flaw == "wrong" else list(self.words)
        patterns = [_REVIEW_OPENING, *rng.sample(_REVIEW_MORE, count - 1)]
        values = {"place": self.place, "city": self.city, "food": rng.choice(FOODS)}
        return " ".join(
            render(p, adjective=a, **values) for p, a in zip(patterns, rng.sample(words, count), strict=True)
        )

    def judge(self, core: Sequence[str]) -> Judgment:
        opening = parse(_REVIEW_OPENING, core[0]) if core else None
        attempts = opening is not None and (opening["place"], opening["city"]) == (self.place, self.city)
        rest = [parse_any(_REVIEW_MORE, sentence) for sentence in core[1:]]
        said = [opening, *rest]
        correct = attempts and all(
            values is not None and values["adjective"] in self.words for values in said
        )
        return Judgment(attempts, correct, self.satisfied(attempts, core))


def review(rng: random.Random) -> Task:
    place, city = rng.choice(PLACES), rng.choice(tuple(COUNTRIES.values())).capital
    tone, words = rng.choice((("good", GOOD), ("bad", BAD)))
    count = rng.choice((None, *_COUNTS))
    limit = f" in {NUMBERS[count]} sentences" if count else ""
    instruction = f"Write a {tone} review of the {place} in {city}{limit}."
    return Task(
        UseCase.generation, "review", (place, city), instruction, ReviewAnswer(place, city, words, count)
    )


def notice(rng: random.Random) -> Task:
    """The facts for the notice are given; a notice that leaves one out is incomplete."""
    name, thing, colour, place = (
        rng.choice(NAMES),
        rng.choice(OBJECTS),
        rng.choice(CATEGORIES["colours"]),
        rng.choice(PLACES),
    )
    lost = f"Lost: {article(colour)} {thing}."
    where, call = f"It was lost at the {place}.", f"Please call {name}."
    wrong = [f"Lost: {article(colour)} {other}. {where} {call}" for other in OBJECTS if other != thing]
    wrong += [f"{lost} {where} Please call {other}." for other in NAMES if other != name]
    return Task(
        UseCase.generation,
        "notice",
        (name, thing),
        f"{name} lost {article(colour)} {thing} at the {place}. Write a notice in three sentences.",
        StatementAnswer(
            right=(f"{lost} {where} {call}",),
            wrong=tuple(wrong),
            incomplete=(f"{lost} {call}", f"{lost} {where}", lost),
        ),
    )


def letter(rng: random.Random) -> Task:
    writer, reader = rng.sample(NAMES, 2)
    gift = rng.choice(OBJECTS)
    thanks, signature = f"Dear {reader}, thank you for the {gift}.", f"Yours, {writer}."
    praise = [f"It is {adjective}." for adjective in GOOD]
    return Task(
        UseCase.generation,
        "letter",
        (writer, gift),
        f"Write a letter from {writer} to {reader} about the {gift} and sign it.",
        StatementAnswer(
            right=(*(f"{thanks} {line} {signature}" for line in praise), f"{thanks} {signature}"),
            wrong=tuple(
                f"Dear {other}, thank you for the {gift}. {signature}" for other in NAMES if other != reader
            ),
            incomplete=(*(f"{thanks} {line}" for line in praise), thanks),
            invents=False,
        ),
    )
