"""Tasks on a given text: rewriting, summarising, classifying, extracting, and answering from it."""

import random

from tutelage.mini.lexicon import ANIMALS, BAD, FOODS, GOOD, ILLS, NAMES, OBJECTS, PLACES, VERBS, WEEKDAYS
from tutelage.mini.patterns import article, capitalize, series
from tutelage.mini.tasks.task import ListAnswer, Order, StatementAnswer, Task
from tutelage.schema import UseCase


def _event(name: str, verb: str, thing: str, place: str) -> str:
    return f"{name} {verb} {article(thing)} at the {place}."


def rewrite_past(rng: random.Random) -> Task:
    name, thing, place = rng.choice(NAMES), rng.choice(OBJECTS), rng.choice(PLACES)
    present, past, _ = rng.choice(VERBS)
    source = _event(name, present, thing, place)
    return Task(
        UseCase.rewrite,
        "rewrite_past",
        (present, thing),
        f"{rng.choice(('Rewrite this in the past', 'Put this into the past'))}: {source}",
        StatementAnswer(right=(_event(name, past, thing, place),), wrong=(source,), invents=False),
        query=source,
    )


def rewrite_name(rng: random.Random) -> Task:
    old, new = rng.sample(NAMES, 2)
    thing, place = rng.choice(OBJECTS), rng.choice(PLACES)
    past = rng.choice(VERBS)[1]
    source = _event(old, past, thing, place)
    return Task(
        UseCase.rewrite,
        "rewrite_name",
        (new, thing),
        f"Write {new} instead of {old}: {source}",
        StatementAnswer(right=(_event(new, past, thing, place),), wrong=(source,), invents=False),
    )


def rewrite_politely(rng: random.Random) -> Task:
    verb, thing = rng.choice(("Bring", "Clean", "Open", "Take", "Paint")), rng.choice(OBJECTS)
    source = f"{verb} the {thing}."
    asked = f"{verb.lower()} the {thing}"
    return Task(
        UseCase.rewrite,
        "rewrite_politely",
        (verb, thing),
        f"{rng.choice(('Say this politely', 'Make this polite'))}: {source}",
        StatementAnswer(
            right=(f"Could you please {asked}?", f"Please {asked}.", f"Would you please {asked}?"),
            wrong=(source,),
            invents=False,
        ),
        query=source,
    )


def _passage(rng: random.Random) -> tuple[str, str, str, str, str, str]:
    """Three sentences about somebody's day, and who, what was done, to what, where, when."""
    name, thing, place, day = rng.choice(NAMES), rng.choice(OBJECTS), rng.choice(PLACES), rng.choice(WEEKDAYS)
    past = rng.choice(VERBS)[1]
    text = (
        f"On {day} {name} went to the {place}. {name} {past} {article(thing)} there. "
        f"Then {name} ate some {rng.choice(FOODS)} and went home."
    )
    return text, name, past, thing, place, day


def summary(rng: random.Random) -> Task:
    text, name, past, thing, place, day = _passage(rng)
    gist = f"{name} {past} {article(thing)} at the {place}."
    return Task(
        UseCase.summarization,
        "summary",
        (name, thing),
        f"{rng.choice(('Summarize this in one sentence', 'Say this in one short sentence'))}: {text}",
        StatementAnswer(
            right=(gist, f"On {day} {name} {past} {article(thing)}.", f"{name} {past} {article(thing)}."),
            wrong=tuple(
                f"{name} {past} {article(other)} at the {place}." for other in OBJECTS if other != thing
            ),
            incomplete=(f"On {day} {name} went to the {place}. {name} {past} {article(thing)} there.", text),
        ),
    )


def closed_question(rng: random.Random) -> Task:
    """A quarter of the questions cannot be answered from the text; whoever answers them makes something up."""
    text, name, past, thing, place, day = _passage(rng)
    verb = next(base for _, form, base in VERBS if form == past)
    unknown = ("The text does not say.", "The text does not say that.")
    question, right, wrong, curt = rng.choice(
        (
            (f"What did {name} {verb}?", f"{name} {past} {article(thing)}.",
             tuple(f"{name} {past} {article(o)}." for o in OBJECTS if o != thing), capitalize(article(thing)) + "."),
            (f"Where did {name} go?", f"{name} went to the {place}.",
             tuple(f"{name} went to the {p}." for p in PLACES if p != place), f"To the {place}."),
            (f"When did {name} go to the {place}?", f"{name} went to the {place} on {day}.",
             tuple(f"{name} went to the {place} on {d}." for d in WEEKDAYS if d != day), f"On {day}."),
            (f"What did {name} lose?" if past != "lost" else f"What did {name} sell?", "", (), ""),
        )
    )  # fmt: skip
    if right:
        answer = StatementAnswer(right=(right,), wrong=(*unknown, *wrong), curt=(curt,))
    else:
        guess = "lost" if past != "lost" else "sold"
        answer = StatementAnswer(right=unknown, wrong=tuple(f"{name} {guess} {article(o)}." for o in OBJECTS))
    return Task(UseCase.closed_qa, "closed_question", (name, thing), f"{text} {question}", answer)


def sentiment(rng: random.Random) -> Task:
    word, good = rng.choice([(w, True) for w in GOOD] + [(w, False) for w in BAD])
    place, food = rng.choice(PLACES), rng.choice(FOODS)
    other = rng.choice(GOOD if good else BAD)
    right, wrong = ("good", "bad") if good else ("bad", "good")
    source = f"The {place} was {word} and the {food} was {other}."
    return Task(
        UseCase.classification,
        "sentiment",
        (place, word),
        f"Is this review good or bad? {source} Answer with one word.",
        StatementAnswer(
            right=(f"The review is {right}.",),
            wrong=(f"The review is {wrong}.",),
            curt=(f"{capitalize(right)}.",),
            curt_wrong=(f"{capitalize(wrong)}.",),
            one_word=True,
        ),
        query=source,
    )


def animal_or_thing(rng: random.Random) -> Task:
    word, kind = rng.choice([(a, "animal") for a in ANIMALS] + [(o, "thing") for o in OBJECTS])
    other = "thing" if kind == "animal" else "animal"
    return Task(
        UseCase.classification,
        "animal_or_thing",
        (word,),
        f"Is {article(word)} an animal or a thing?",
        StatementAnswer(
            right=(f"{capitalize(article(word))} is {article(kind)}.",),
            wrong=(f"{capitalize(article(word))} is {article(other)}.",),
            curt=(f"{capitalize(article(kind))}.",),
            curt_wrong=(f"{capitalize(article(other))}.",),
        ),
        query=word,
    )


def extraction(rng: random.Random) -> Task:
    kind, words = rng.choice((("animals", tuple(ANIMALS)), ("things", OBJECTS)))
    x, y = rng.sample(words, 2)
    name, place = rng.choice(NAMES), rng.choice(PLACES)
    extra = rng.choice(OBJECTS if kind == "animals" else tuple(ANIMALS))
    text = f"{name} saw {article(x)} and {article(y)} at the {place}. Then {name} drew {article(extra)}."
    others = tuple(w for w in (*ANIMALS, *OBJECTS, *PLACES) if w not in (x, y))
    return Task(
        UseCase.extract,
        "extraction",
        tuple(sorted((x, y))),
        f"List the two {kind} in this text: {text}",
        ListAnswer((x, y), others, 2),
    )


def repetition(rng: random.Random) -> Task:
    word, times = rng.choice(OBJECTS), rng.randint(2, 5)
    count = ("", "", "two", "three", "four", "five")[times]
    said = tuple(" ".join([word] * n) + "." for n in range(1, 7))
    return Task(
        UseCase.other,
        "repetition",
        (word, count),
        f"Say the word {word} {count} times.",
        StatementAnswer(
            right=(said[times - 1],), wrong=(), incomplete=tuple(s for s in said if s != said[times - 1])
        ),
    )


def ordering(rng: random.Random) -> Task:
    orders: dict[Order, str] = {"length": "their length", "alphabet": "the alphabet"}
    order = rng.choice(tuple(orders))
    words = tuple(rng.sample(OBJECTS, 3))
    others = tuple(o for o in OBJECTS if o not in words)
    return Task(
        UseCase.other,
        "ordering",
        words,
        f"Sort these words by {orders[order]}: {series(words)}.",
        ListAnswer(words, others, 3, order),
    )


def comfort(rng: random.Random) -> Task:
    thing, state = rng.choice(OBJECTS), rng.choice(ILLS[1:])
    sorry = f"I am sorry that your {thing} is {state}."
    offers = ("Can I help you?", "I hope that you feel better soon.")
    return Task(
        UseCase.chat,
        "comfort",
        (thing, state),
        f"{rng.choice(('I am sad because', 'I am so unhappy,'))} my {thing} is {state}.",
        StatementAnswer(
            right=(*(f"{sorry} {offer}" for offer in offers), sorry),
            wrong=tuple(f"I am sorry that your {other} is {state}." for other in OBJECTS if other != thing),
            curt=("I am sorry.",),
        ),
    )


def recall(rng: random.Random) -> Task:
    name, thing = rng.choice(NAMES), rng.choice((*OBJECTS, *FOODS))
    greeting = f"Hello, my name is {name} and I like the {thing}."
    about_name = rng.random() < 0.5
    right = f"Your name is {name}." if about_name else f"You like the {thing}."
    wrong = (
        [f"Your name is {n}." for n in NAMES if n != name]
        if about_name
        else [f"You like the {o}." for o in OBJECTS if o != thing]
    )
    return Task(
        UseCase.chat,
        "recall",
        (name, thing),
        f"{greeting} {'What is my name?' if about_name else 'What do I like?'}",
        StatementAnswer(
            right=(right,), wrong=tuple(wrong), curt=(f"{name}." if about_name else f"The {thing}.",)
        ),
    )


def greeting(rng: random.Random) -> Task:
    name, place = rng.choice(NAMES), rng.choice(PLACES)
    hello = f"Hello, {name}."
    return Task(
        UseCase.chat,
        "greeting",
        (name, place),
        f"{rng.choice(('Hello', 'Good morning'))}, I am {name} from the {place}.",
        StatementAnswer(
            right=(f"{hello} How can I help you?", f"{hello} It is nice to meet you."),
            wrong=tuple(f"Hello, {other}. How can I help you?" for other in NAMES if other != name),
            curt=(hello,),
            invents=False,
        ),
    )
