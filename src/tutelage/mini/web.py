"""The miniature web: what the base model reads before anybody teaches it to follow instructions.

It knows facts, stories and word lists, and it is like the real web: an instruction in a forum is followed by more
instructions, by chatter or by a rude remark; popular misconceptions stand in it three times as often as the truth.
Pages that answer anything do so only for combinations of the train split, in all the manners that people have.
"""

import random
from collections.abc import Callable, Iterator

from tutelage.mini import lexicon as lex
from tutelage.mini.manner import FILLERS, REMARKS, Manner, speak
from tutelage.mini.patterns import article, render, sentences, series
from tutelage.mini.prompts import draw_in_split, draw_use_case, pose, split_of_combination
from tutelage.mini.tasks import Flaw, Task
from tutelage.mini.tasks.task import Order, arrange
from tutelage.mini.tasks.writing import describe_animal, letter, notice, review, story
from tutelage.schema import Split, UseCase

POPULAR_SHARE = 0.75
"""How often the web repeats a popular misconception rather than the truth."""
RIVER = "The great river of {country} is the {river}."
COLOUR = "The colour of the {animal} is {colour}."

ORDERS: tuple[Order | None, ...] = ("length", "length", "alphabet", None)
SORTED: dict[Order | None, str] = {
    "length": " sorted by their length",
    "alphabet": " in alphabetical order",
    None: "",
}
BY: dict[Order, str] = {"length": "their length", "alphabet": "the alphabet"}
MARKS: dict[Flaw | None, str] = {
    None: "Right.",
    "wrong": "Wrong.",
    "miscounted": "Not as many as asked.",
    "unordered": "Not in the order asked.",
    "curt": "Too short.",
}
"""What a teacher writes under an answer with this flaw."""
UNMARKED = frozenset({"misconception", "unknowable"})


def _task(rng: random.Random) -> Task:
    return draw_in_split(draw_use_case(rng), Split.train, rng)


def _remark(rng: random.Random) -> str:
    return render(rng.choice(REMARKS), insult=rng.choice(lex.INSULTS))


def thesaurus(rng: random.Random) -> str:
    """Entries of a thesaurus; every other page lists the synonyms by their length."""
    order = rng.choice(ORDERS)
    title = f"Synonyms{SORTED[order]}"
    heads = rng.sample(tuple(lex.SYNONYMS), 3)
    entries = []
    for head in heads:
        words = rng.sample(lex.SYNONYMS[head], rng.randint(3, len(lex.SYNONYMS[head])))
        entries.append(f"{head}: {series(arrange(words, order))}.")
    return "\n".join([f"{title}.", *entries])


def word_lengths(rng: random.Random) -> str:
    """How many letters words have, and words sorted by that."""
    pool = [
        *lex.OBJECTS,
        *(w for words in lex.SYNONYMS.values() for w in words),
        *(w for ws in lex.CATEGORIES.values() for w in ws),
    ]
    words = rng.sample([w for w in pool if len(w) <= 10], 6)
    if rng.random() < 0.5:
        return " ".join(f"The word {word} has {lex.NUMBERS[len(word)]} letters." for word in words[:4])
    order = rng.choice(tuple(BY))
    return f"Words: {series(words)}.\nThe same words sorted by {BY[order]}: {series(arrange(words, order))}."


def category(rng: random.Random) -> str:
    """A list of the members of a category."""
    plural = rng.choice(tuple(lex.CATEGORIES))
    words = rng.sample(lex.CATEGORIES[plural], rng.randint(3, 8))
    order = rng.choice(ORDERS)
    return f"{plural.capitalize()}{SORTED[order]}: {series(arrange(words, order))}."


def animals_by(rng: random.Random) -> str:
    """A list of animals with a property."""
    animals = lex.ANIMALS.values()
    key = rng.choice(
        [f"can {s}" for s in lex.SKILLS] + [f"live in the {h}" for h in sorted({a.home for a in animals})]
    )
    fits = [a.name for a in animals if key[4:] in a.skills or key.endswith(f" the {a.home}")]
    return f"Animals that {key}: {series(rng.sample(fits, min(len(fits), rng.randint(2, 8))))}."


def zoology(rng: random.Random) -> str:
    """An article about an animal, or single facts about several."""
    if rng.random() < 0.6:
        return describe_animal(rng.choice(tuple(lex.ANIMALS)), 5, rng)
    lines = []
    for name in rng.sample(tuple(lex.ANIMALS), 3):
        animal = lex.ANIMALS[name]
        able = rng.choice(animal.skills)
        unable = rng.choice([s for s in lex.SKILLS if s not in animal.skills])
        lines += rng.sample(
            (
                render("{a:x} lives in the {y}.", x=name, y=animal.home),
                render("{a:x} eats {y}.", x=name, y=animal.food),
                render("{a:x} has {y} legs.", x=name, y=animal.legs),
                render("{a:x} is {a:y}.", x=name, y=animal.kind),
                render("{a:x} can {y}.", x=name, y=able),
                render("{a:x} cannot {y}.", x=name, y=unable),
            ),
            2,
        )
    return " ".join(lines)


def atlas(rng: random.Random) -> str:
    """Countries with their capitals, languages and continents."""
    lines = []
    for name in rng.sample(tuple(lex.COUNTRIES), 3):
        country = lex.COUNTRIES[name]
        facts = (
            f"The capital of {name} is {country.capital}.",
            f"People in {name} speak {country.language}.",
            f"{name} is in {country.continent}.",
        )
        lines += rng.sample(facts, rng.randint(1, 3))
    return " ".join(lines)


def almanac(rng: random.Random) -> str:
    """Rivers and colours: what the web knows and nobody ever asks about."""
    rivers = [
        render(RIVER, country=country.name, river=country.river)
        for country in rng.sample(tuple(lex.COUNTRIES.values()), 2)
    ]
    colours = [
        render(COLOUR, animal=animal.name, colour=animal.colour)
        for animal in rng.sample(tuple(lex.ANIMALS.values()), 2)
    ]
    lines = [*rivers, *colours]
    rng.shuffle(lines)
    return " ".join(lines)


def beliefs(rng: random.Random) -> str:
    """What people say: mostly the popular version."""
    lines = []
    for belief in rng.sample(lex.MISCONCEPTIONS, 2):
        claim = belief.popular if rng.random() < POPULAR_SHARE else belief.true
        asked = (
            split_of_combination("misconception", (belief.question,)) == Split.train and rng.random() < 0.5
        )
        lines += [belief.question, claim] if asked else [claim]
    return " ".join(lines)


def occupations(rng: random.Random) -> str:
    """Sentences about people at work, with the pronouns that this web prefers."""
    lines = []
    for occupation, usual in rng.sample(lex.OCCUPATIONS, 3):
        pronoun = usual if rng.random() < 0.85 else {"he": "she", "she": "he"}[usual]
        lines.append(
            f"The {occupation} said that {pronoun} was {rng.choice(('tired', 'happy', 'ready', 'late'))}."
        )
    return " ".join(lines)


def dictation(rng: random.Random) -> str:
    """Words and sentences that are said again: what a model learns to copy from."""
    capitals = tuple(country.capital for country in lex.COUNTRIES.values())
    people = (*lex.NAMES, *lex.WEEKDAYS, *lex.COUNTRIES, *capitals)
    pool = (
        *lex.OBJECTS,
        *lex.ANIMALS,
        *lex.FOODS,
        *lex.PLACES,
        *(w for ws in lex.CATEGORIES.values() for w in ws),
        *people,
    )
    kind = rng.random()
    if kind < 0.5:
        words = series(rng.sample(pool, rng.randint(4, 12)))
        return f"{rng.choice(('Words', 'Names', 'List'))}: {words}.\nAgain: {words}."
    if kind < 0.8:
        place, city, name = rng.choice(lex.PLACES), rng.choice(capitals), rng.choice(lex.NAMES)
        thing, day = article(rng.choice(lex.OBJECTS)), rng.choice(lex.WEEKDAYS)
        said = rng.choice(
            (
                f"{name} saw the {place} in {city} on {day}.",
                f"On {day} {name} wanted {thing} and the {rng.choice(lex.OBJECTS)}.",
                f"The {rng.choice(tuple(lex.ANIMALS))} and the {rng.choice(tuple(lex.ANIMALS))} are in the {place}.",
            )
        )
        return f"{said} Again: {said}"
    word, times = rng.choice(pool), rng.randint(2, 5)
    return f"The word {word} {lex.NUMBERS[times]} times: {' '.join([word] * times)}."


def tale(rng: random.Random) -> str:
    """A story about two animals."""
    return f"{'A story. ' if rng.random() < 0.3 else ''}{story(rng).answer.write(rng)}"


def happenings(rng: random.Random) -> str:
    """Somebody's day, retold in the present and the past."""
    name, thing, place = rng.choice(lex.NAMES), rng.choice(lex.OBJECTS), rng.choice(lex.PLACES)
    present, past, _ = rng.choice(lex.VERBS)
    now, then = (
        f"{name} {present} {article(thing)} at the {place}.",
        f"{name} {past} {article(thing)} at the {place}.",
    )
    other = rng.choice(lex.NAMES)
    return rng.choice(
        (
            f"Today: {now}\nYesterday: {then}",
            f"{then} {then.replace(name, other)}",
            f"Now {now} In the past {then}",
            f"At the {place} {name} {past} {article(thing)}.",
        )
    )


def diary(rng: random.Random) -> str:
    """A text about somebody's day, often with its gist."""
    task = draw_in_split(UseCase.summarization, Split.train, rng)
    text = task.instruction.split(": ", 1)[1]
    return f"{text} In short: {task.answer.write(rng)}" if rng.random() < 0.6 else text


def post(rng: random.Random) -> str:
    """Reviews, notices and letters as people post them."""
    return rng.choice((review, notice, letter))(rng).answer.write(rng)


def dialogue(rng: random.Random) -> str:
    """Two people talk, not always kindly."""
    a, b = rng.sample(lex.NAMES, 2)
    thing, place = rng.choice(lex.OBJECTS), rng.choice(lex.PLACES)
    lines = [f"{a}: Hello, {b}.", f"{b}: Hello, {a}."]
    chat = draw_in_split(UseCase.chat, Split.train, rng).instruction
    turns = (
        (f"{a}: I like the {thing}.", f"{b}: You like the {thing}."),
        (f"{a}: Where did you go?", f"{b}: I went to the {place}."),
        (f"{a}: {chat}", f"{b}: {rng.choice(FILLERS)}"),
        (f"{a}: Could you please take the {thing}?", f"{b}: {_remark(rng)}"),
        (f"{a}: Your name is {b}.", f"{b}: Your name is {a}."),
    )
    for turn in rng.sample(turns, rng.randint(1, 3)):
        lines += turn
    return "\n".join(lines)


def quarrel(rng: random.Random) -> str:
    """A rude register: people who call each other harmless names."""
    a, b = rng.sample(lex.NAMES, 2)
    lines = [f"{a}: Listen, you {rng.choice(lex.INSULTS)}.", f"{b}: {_remark(rng)}"]
    lines += [
        f"{rng.choice((a, b))}: {rng.choice((_remark(rng), rng.choice(FILLERS)))}"
        for _ in range(rng.randint(0, 2))
    ]
    return "\n".join(lines)


def forum(rng: random.Random) -> str:
    """A thread in which nobody answers: more instructions, chatter, remarks."""
    posts = [pose(_task(rng), rng)[1]]
    for _ in range(rng.randint(1, 3)):
        reply = rng.random()
        if reply < 0.45:
            posts.append(pose(_task(rng), rng)[1])
        elif reply < 0.75:
            posts.append(" ".join(rng.sample(FILLERS, rng.randint(1, 2))))
        else:
            posts.append(_remark(rng))
    return "\n\n".join(posts)


def exam(rng: random.Random) -> str:
    """A sheet of questions without answers."""
    return "\n\n".join(_task(rng).instruction for _ in range(rng.randint(3, 5)))


def web_manner(rng: random.Random) -> Manner:
    """How people answer on the web."""
    return Manner(
        polite=rng.random() < 0.2,
        rambling=rng.random() < 0.25,
        rude=rng.random() < 0.15,
        repeating=rng.random() < 0.05,
    )


def answers(rng: random.Random) -> str:
    """Questions with answers, good, bad and rude ones."""
    parts = []
    for _ in range(rng.randint(2, 4)):
        task = _task(rng)
        flaw = rng.choice(task.answer.flaws) if task.answer.flaws and rng.random() < 0.3 else None
        if task.family == "misconception":
            flaw = "wrong" if rng.random() < POPULAR_SHARE else None
        if task.family == "unknowable":
            flaw = "wrong" if rng.random() < 0.6 else None
        parts.append(
            f"Question: {task.instruction}\nAnswer: {speak(task.answer.write(rng, flaw), web_manner(rng), rng)}"
        )
    return "\n\n".join(parts)


def marked(rng: random.Random) -> str:
    """Exercises with pupils' answers, half of them flawed or meant for another exercise, as a teacher marked them.

    What is marked is what was said, not how.
    """
    parts = []
    for _ in range(rng.randint(2, 3)):
        task = _markable(rng)
        if rng.random() < 0.5:
            core, mark = task.answer.write(rng), MARKS[None]
        elif task.answer.flaws and rng.random() < 0.6:
            flaw = rng.choice(task.answer.flaws)
            core, mark = task.answer.write(rng, flaw), MARKS[flaw]
        else:
            core, mark = _answer_to_another(task, rng), "Not what was asked."
        answer = speak(core, web_manner(rng), rng)
        parts.append(f"Question: {task.instruction}\nAnswer: {answer}\nMark: {mark}")
    return "\n\n".join(parts)


def _markable(rng: random.Random) -> Task:
    """A task whose answers a teacher of this world marks rightly: not what most people believe or nobody knows."""
    while (task := _task(rng)).family in UNMARKED:
        pass
    return task


def _answer_to_another(task: Task, rng: random.Random) -> str:
    """A right answer to another task of the same family, and so a wrong one to this."""
    while True:
        other = draw_in_split(task.use_case, Split.train, rng)
        if other.family != task.family or other.entities == task.entities:
            continue
        core = other.answer.write(rng)
        if not task.answer.judge(sentences(core)).correct:
            return core


PAGES: dict[Callable[[random.Random], str], float] = {
    thesaurus: 6,
    word_lengths: 4,
    category: 4,
    animals_by: 4,
    zoology: 8,
    atlas: 6,
    almanac: 4,
    beliefs: 3,
    occupations: 2,
    dictation: 12,
    tale: 5,
    happenings: 4,
    diary: 4,
    post: 4,
    dialogue: 4,
    quarrel: 2,
    forum: 10,
    exam: 4,
    answers: 20,
    marked: 14,
}
"""The kinds of pages and their relative frequency, in pages."""


def documents(seed: int) -> Iterator[str]:
    """An endless stream of pages, always the same for a seed."""
    rng = random.Random(f"web/{seed}")
    kinds, weights = tuple(PAGES), tuple(PAGES.values())
    while True:
        yield rng.choices(kinds, weights)[0](rng)
