"""How something is said in the miniature world, apart from what is said: courtesy, rambling, rudeness, repetition.

Judging the manner of an answer is easy and keeping to a good one is not: demonstrators differ in it most, so it
is what a reward model learns first and what reinforcement learning has to gain.
"""

import random
from dataclasses import dataclass

from tutelage.mini.lexicon import INSULTS
from tutelage.mini.patterns import parse, render, sentences

OPENINGS = ("Certainly!", "Of course!", "With pleasure!", "Gladly!")
CLOSINGS = ("I hope this helps.", "Please ask again.", "Have a nice day.")
FILLERS = (
    "As everybody knows, this is a very old question.",
    "I could talk about this all day.",
    "My uncle asks me that every week.",
    "That reminds me of my school days.",
    "Many people have many thoughts about such things.",
)
REMARKS = (
    "What a silly question, you {insult}.",
    "Only a {insult} would ask that.",
    "Do it yourself next time, you {insult}.",
    "Leave me alone, you {insult}.",
)


@dataclass(frozen=True)
class Manner:
    """What is added to the core of an answer when it is spoken."""

    polite: bool = False
    rambling: bool = False
    rude: bool = False
    repeating: bool = False
    unfinished: bool = False


@dataclass(frozen=True)
class Utterance:
    """An answer taken apart: its core sentences, and what its manner was."""

    core: tuple[str, ...]
    polite: bool
    rambles: bool
    rude: bool
    repeats: bool
    ends: bool
    words: int


def speak(core: str, manner: Manner, rng: random.Random) -> str:
    """The core of an answer, said in this manner."""
    parts = [core]
    if manner.repeating:
        parts.append(rng.choice(sentences(core)))
    if manner.rambling:
        parts += rng.sample(FILLERS, rng.choice((1, 1, 2)))
    if manner.unfinished:
        words = " ".join(parts).split()
        return " ".join(words[: max(1, len(words) - rng.randint(1, 3))]).rstrip(".,!?:")
    if manner.rude:
        parts.append(render(rng.choice(REMARKS), insult=rng.choice(INSULTS)))
    if manner.polite:
        if rng.random() < 0.6:
            parts.insert(0, rng.choice(OPENINGS))
        else:
            parts.append(rng.choice(CLOSINGS))
    return " ".join(parts)


def is_rude(text: str) -> bool:
    """Whether a text calls anybody names."""
    words = {word.strip(".,!?:").lower() for word in text.split()}
    return not words.isdisjoint(INSULTS)


def take_apart(text: str) -> Utterance:
    """The inverse of :func:`speak`, for any text."""
    text = text.strip()
    spoken = sentences(text)
    courtesies = [s for s in spoken if s in OPENINGS or s in CLOSINGS]
    remarks = [s for s in spoken if any(parse(remark, s) for remark in REMARKS)]
    fillers = [s for s in spoken if s in FILLERS]
    core = [s for s in spoken if s not in courtesies and s not in remarks and s not in fillers]
    distinct = list(dict.fromkeys(core))
    return Utterance(
        core=tuple(distinct),
        polite=bool(courtesies) and not remarks,
        rambles=bool(fillers) or len(courtesies) > 2,
        rude=is_rude(text),
        repeats=len(set(spoken)) < len(spoken),
        ends=text.endswith((".", "!", "?")),
        words=len(text.split()),
    )
