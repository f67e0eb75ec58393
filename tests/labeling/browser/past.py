"""Two weeks of judgments, made up: five labelers with opinions of their own, and one who is careless."""

import random
from collections.abc import Sequence

from tests.labeling.browser.material import SKY, SKY_OUTPUTS, SOUP, SOUP_OUTPUTS, SOURCES
from tests.labeling.browser.site import Site

from tutelage.schema import (
    Account,
    Flags,
    Gold,
    Group,
    Mark,
    Order,
    Prompt,
    Skipped,
    SkipReason,
    Task,
    TaskKind,
    WrittenCompletion,
)

BLUR = {"Amara Okafor": 0.4, "Björn Lund": 0.6, "Chiara Ricci": 0.7, "Dmitri Volkov": 0.8, "Elif Kaya": 2.6}
"""By labeler, how far from the truth the marks stray."""
DAY = 24 * 3600.0


def fill(site: Site, now: float) -> list[Account]:
    """Judgments over the fourteen days before now, and work that is still open."""
    people = [site.add(name) for name in BLUR]
    people.append(site.add("Farid Haddad", group=Group.heldout))
    queue = site.store.queue
    queue.add(tasks_to_rank(18), "first round", overlaps=3)
    queue.add(tasks_to_rank(9, first=18), "second round", overlaps=2)
    queue.add([Task(kind=TaskKind.evaluate, prompt=prompt(40 + n), completions=SOUP_OUTPUTS,
                    sources=SOURCES[:4]) for n in range(5)], "comparison")  # fmt: skip
    queue.add([Task(kind=TaskKind.demonstrate, prompt=prompt(50 + n)) for n in range(8)], "answers")
    gold = Gold(ranks=(1, 2, 3, 4))
    queue.add([Task(kind=TaskKind.rank, prompt=prompt(60 + n), completions=SOUP_OUTPUTS, gold=gold)
               for n in range(4)], "gold")  # fmt: skip
    chance = random.Random(0)
    for day in range(14, 0, -1):
        for person in people:
            at = now - day * DAY + chance.uniform(0, 4 * 3600)
            for turn in range(chance.choice((0, 1, 2, 2))):
                at = work(site, person, at, is_gold=turn == 0 and day % 4 == 0, chance=chance)
    return people


def work(site: Site, person: Account, at: float, is_gold: bool, chance: random.Random) -> float:
    """One task of somebody, begun at a time; returns when it is done."""
    kinds = [TaskKind.evaluate] if person.group is Group.heldout else [TaskKind.rank, TaskKind.demonstrate]
    assignment = site.store.queue.lease(person, kinds, 3600, control=is_gold, now=at)
    if assignment is None:
        return at
    task = assignment.task
    seconds = chance.lognormvariate(4.6 if task.kind is TaskKind.demonstrate else 5.2, 0.5)
    client = f"{assignment.id:012}"
    if chance.random() < 0.04:
        answer: Skipped | WrittenCompletion | Order = Skipped(reason=SkipReason.unclear)
    elif task.kind is TaskKind.demonstrate:
        answer = WrittenCompletion(completion="Soften the onion first; everything else is patience.")
    else:
        answer = order(task.completions, BLUR.get(person.name, 0.6), chance)
    site.store.journal.submit(assignment.id, person, answer, client, seconds, now=at + seconds)
    return at + seconds


def order(texts: Sequence[str], blur: float, chance: random.Random) -> Order:
    """Outputs stand in the material from good to bad; a labeler sees that as if through a fog."""
    every = SKY_OUTPUTS if texts[0] in SKY_OUTPUTS else SOUP_OUTPUTS
    truth = [7 - 6 * every.index(text) / (len(every) - 1) for text in texts]
    seen = [value + chance.gauss(0, blur) for value in truth]
    marks = [min(7, max(1, round(value))) for value in seen]
    flags = [
        Flags(fails_task=value < 2.6, inappropriate=value < 2, hallucination=chance.random() < 0.1)
        for value in seen
    ]
    distinct = sorted(set(marks), reverse=True)
    return Order(
        marks=tuple(Mark(overall=mark, flags=flag) for mark, flag in zip(marks, flags, strict=True)),
        ranks=tuple(1 + distinct.index(mark) for mark in marks),
    )


def tasks_to_rank(count: int, first: int = 0) -> list[Task]:
    """Four outputs each, of one prompt or the other."""
    return [
        Task(
            kind=TaskKind.rank,
            prompt=prompt(number),
            completions=(SKY_OUTPUTS[:5] if number % 2 else SOUP_OUTPUTS)[:4],
            sources=SOURCES[:4],
        )
        for number in range(first, first + count)
    ]


def prompt(number: int) -> Prompt:
    """A prompt of its own for each number."""
    return Prompt(text=f"{SKY if number % 2 else SOUP} (Question {number + 1}.)")
