"""The embedded world's labelers as people who use the app: each has an account, a session, and one task at a time."""

import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from rich.console import Console
from rich.progress import Progress

from tutelage.labelers import SimulatedLabeler
from tutelage.labeling.client import Client
from tutelage.mini import World
from tutelage.schema import (
    Answer,
    Group,
    InputError,
    Labeler,
    Mark,
    Order,
    Prompt,
    Skipped,
    SkipReason,
    Split,
    TaskKind,
    WrittenCompletion,
    WrittenPrompt,
)

AT_ONCE = 64
"""Labelers at work at the same time."""


@dataclass(frozen=True)
class Helper:
    """A simulated labeler and the invitation by which it joins."""

    annotator: SimulatedLabeler
    token: str


def simulate(
    url: str,
    tokens: Mapping[Group, Sequence[str]],
    seed: int,
    noise: float,
    judgments: int | None,
    password: str,
    console: Console,
) -> None:
    """Have labelers join by their invitations and work until nothing is left, or each has made so many judgments."""
    world = World(seed)
    helpers = [helper for group in tokens for helper in hire(world, group, tokens[group], noise)]
    prompts = [prompt for prompt in world.prompts() if prompt.split is Split.train]
    done = 0
    counting, stop = threading.Lock(), threading.Event()

    with Progress(console=console, transient=True) as progress:
        line = progress.add_task("judgments", total=None)

        def work(helper: Helper) -> None:
            nonlocal done
            client = Client(url)
            client.join(helper.token, helper.annotator.labeler.name, password)
            for _ in labor(client, helper.annotator, prompts, judgments):
                with counting:
                    done += 1
                progress.update(line, completed=done)
                if stop.is_set():
                    break
            client.close()

        began = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                list(pool.map(work, helpers))
            except BaseException:
                stop.set()
                raise
    seconds = time.monotonic() - began
    console.print(f"{len(helpers)} labelers made {done} judgments in {seconds:.0f} s")


def hire(world: World, group: Group, tokens: Sequence[str], noise: float) -> Iterator[Helper]:
    """The world's people of a group in turn, told apart from real ones and from each other by their names."""
    annotators = world.annotators(group, noise)
    for number, token in enumerate(tokens):
        annotator = annotators[number % len(annotators)]
        # part of the invitation: whoever simulates again hires other people
        name = f"{annotator.labeler.name} (simulated {token[:6]})"
        yield Helper(replace(annotator, labeler=Labeler(name=name, group=group)), token)


def labor(
    client: Client, annotator: SimulatedLabeler, prompts: Sequence[Prompt], judgments: int | None
) -> Iterator[int]:
    """Do task after task; yields the number of each answer in the journal."""
    chance = random.Random(annotator.labeler.name)
    done = 0
    while judgments is None or done < judgments:
        task = client.next()
        if task is None:
            return
        yield client.submit(task["assignment"], answer(annotator, task, prompts, chance))
        done += 1


def answer(
    annotator: SimulatedLabeler, task: Mapping[str, Any], prompts: Sequence[Prompt], chance: random.Random
) -> Answer:
    """What a simulated labeler says to a task as its page shows it; what is not of its world it leaves to others."""
    kind = TaskKind(task["kind"])
    if kind is TaskKind.write:
        chosen = chance.choice(prompts)
        wanted = {name: value for name, value in task["brief"].items() if value is not None}
        given = {"use_case": chosen.use_case, **wanted}
        return WrittenPrompt(text=chosen.text, completion=annotator.demonstrate(chosen), **given)
    prompt = Prompt(text=task["prompt"])
    try:
        if kind is TaskKind.demonstrate:
            return WrittenCompletion(completion=annotator.demonstrate(prompt))
        texts = [each["text"] for each in task["completions"]]
        ratings = [annotator.rate(prompt, text) for text in texts]
        marks = tuple(Mark(overall=rating.overall, flags=rating.flags) for rating in ratings)
        return Order(marks=marks, ranks=annotator.rank(prompt, texts))
    except InputError:
        return Skipped(reason=SkipReason.unclear, comment="not of the embedded world")
