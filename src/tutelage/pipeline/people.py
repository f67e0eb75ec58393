"""People at work for a run: tasks go into the queue of its store, and the run waits until they are done.

What counts is rankings in the batch of that name, whoever put them there: the labelers' app, or an import from another
tool. To go on with what there is, `tutelage label retire BATCH` takes back what is open.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from tutelage.pipeline.workbench import Workbench
from tutelage.schema import Group, InputError, Ranking, Standing, Task, TaskKind
from tutelage.store import Store

POLL_SECONDS = 5.0
"""Between two looks at the queue."""

HEED_SECONDS = 0.2
"""After which Ctrl-C is heeded at the latest."""


def queue_of(number: int) -> str:
    """The batch of a round's work in the queue."""
    return f"round-{number}"


def put(bench: Workbench, tasks: Sequence[Task], batch: str) -> None:
    """Queue the tasks. What the batch asked before, of settings that were changed since, is asked no more; what was
    answered stays.
    """
    with suppress(InputError):  # there is nothing yet
        bench.store.queue.retire(batch)
    bench.store.queue.add(tasks, batch)


def wait(bench: Workbench, tasks: Sequence[Task], batch: str) -> list[Ranking]:
    """Wait until each of the tasks is ranked, or nothing is asked any more; returns the rankings of these outputs.

    Models are compared by both groups of labelers; held-out ones are waited for where there are any.
    """
    if not tasks:
        return []
    kind, where = tasks[0].kind, f"--store {bench.folder.root}"
    told = False
    while True:
        bench.interruption.check()
        wanted = len(tasks) * len(groups_asked(bench.store, kind))
        outstanding = bench.store.queue.outstanding(batch, kind)  # before the rankings, which they become
        rankings = rankings_of(tasks, bench.store.rankings(batch=batch, purpose=tasks[0].purpose))
        done = len(answered(bench.store, kind, rankings))
        if done >= wanted or outstanding == 0:
            return rankings
        if not told:
            bench.display.say(
                f"  {done} of {wanted} rankings; labelers work at: tutelage label {where}; to go on with fewer: "
                f"tutelage label retire {batch} {where}"
            )
            told = True
        bench.show(done, wanted)
        pause(bench.interruption.check)


def rankings_of(tasks: Sequence[Task], rankings: Iterable[Ranking]) -> list[Ranking]:
    """Those of outputs that the tasks show: others are of settings that were changed since."""
    shown = {task.prompt.text: set(task.completions) for task in tasks if task.prompt is not None}
    return [each for each in rankings if shown.get(each.prompt.text, set()) >= set(each.completions)]


def groups_asked(store: Store, kind: TaskKind) -> set[Group]:
    """The groups of labelers that a kind of work waits for."""
    asked = {Group.training}
    if kind is TaskKind.evaluate:
        asked |= {each.group for each in store.accounts.all() if each.standing is not Standing.disabled}
    return asked


def answered(store: Store, kind: TaskKind, rankings: Iterable[Ranking]) -> set[tuple[str, Group]]:
    """Which prompts were ranked by which group; what is trained on counts whoever made it."""
    if kind is TaskKind.rank:
        return {(each.prompt.id, Group.training) for each in rankings}
    groups: dict[str | None, Group] = {labeler.name: labeler.group for labeler in store.labelers()}
    return {(each.prompt.id, groups[each.labeler]) for each in rankings if each.labeler in groups}


def pause(heed: Callable[[], None]) -> None:
    """Wait for a while; heed: called all along, to stop by an exception."""
    until = time.monotonic() + POLL_SECONDS
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, HEED_SECONDS))
        heed()
