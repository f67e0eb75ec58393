"""Many labelers at once: is a judgment lost or doubled, an item leased twice, and how long does sending one take?

    make bench-labeling

200 programs, each with its account and session, judge 20,000 times over HTTP on loopback, 50 of them at any moment:
as fast as they are answered, and once more (a fifth as often) with a second's pause after each judgment. Each
time the server is then killed in the middle of 2,000 more and started again. What the programs were told is counted
against the database. Client, server and database share the machine's cores.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, select, text

from benchmarks import table
from benchmarks.rounds import PAGE
from tutelage.labeling.client import Client
from tutelage.schema import Group, InputError, Mark, Order, Prompt, Role, Task, TaskKind
from tutelage.store import Store, tables
from tutelage.web.passwords import hash_password

LABELERS = 200
AT_ONCE = 50
JUDGMENTS = 20_000
PAUSE = 1.0
"""Seconds of a pause in the mean, where there is one: people pause for a minute."""
KILLED_AMONG = 2_000
TURN = 25
"""Judgments that a labeler makes before another takes the place."""
PASSWORD = "correct horse battery"
WORDS = (
    "one",
    "of",
    "the",
    "many",
    "words",
    "that",
    "outputs",
    "are",
    "made",
    "of",
    "and",
    "nobody",
    "reads",
)
COLUMNS = (
    "database",
    "pause, s",
    "judgments",
    "a second",
    "to send one, ms: median",
    "95 %",
    "most",
    "to get one: 95 %",
    "lost",
    "doubled",
    "leased twice",
    "told before SIGKILL",
    "of these lost",
)


@dataclass
class Told:
    """What the labelers were told: by each answer's own name the number in the journal, and what they held."""

    numbers: dict[str, int] = field(default_factory=dict)
    holders: dict[int, str] = field(default_factory=dict)
    twice: int = 0
    sent: list[float] = field(default_factory=list)  # seconds
    got: list[float] = field(default_factory=list)  # seconds
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hold(self, assignment: int, labeler: str) -> None:
        """Note who has an assignment, and whether another has it too."""
        with self.lock:
            self.twice += self.holders.setdefault(assignment, labeler) != labeler


@contextmanager
def serving(place: str, workers: int) -> Iterator[tuple[subprocess.Popen, str]]:
    """A server in processes of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with running(place, port, workers) as process:
        yield process, f"http://127.0.0.1:{port}"


@contextmanager
def running(place: str, port: int, workers: int) -> Iterator[subprocess.Popen]:
    """The command, from when it answers until the block ends."""
    command = [sys.executable, "-m", "tutelage", "label", "--store", place, "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--workers", str(workers)], stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen) -> None:
    """SIGKILL to the server and its workers."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def fill(store: Store, judgments: int, batch: str) -> None:
    """Prompts with 4 to 9 outputs; a fifth of them is seen by two labelers."""
    chance = random.Random(batch)
    tasks, overlaps = [], []
    while sum(overlaps) < judgments:
        outputs = tuple(
            " ".join(chance.choices(WORDS, k=60)) + f" {number}" for number in range(chance.randint(4, 9))
        )
        tasks.append(
            Task(
                kind=TaskKind.rank,
                prompt=Prompt(text=f"{batch} {len(tasks)}"),
                completions=outputs,
                sources=("model",) * len(outputs),
            )
        )
        overlaps.append(2 if chance.random() < 0.2 and judgments - sum(overlaps) > 1 else 1)
    store.queue.add(tasks, batch, overlaps)


def hire(store: Store, url: str) -> list[tuple[str, Client]]:
    """Accounts, each with a session."""
    hashed = hash_password(PASSWORD)
    people = []
    for number in range(LABELERS):
        name = f"labeler {number}"
        store.accounts.join(store.accounts.invite(Role.labeler, Group.training), name, hashed)
        client = Client(url)
        client.sign_in(name, PASSWORD)
        people.append((name, client))
    return people


def work(people: Sequence[tuple[str, Client]], told: Told, judgments: int, pause: float) -> None:
    """Judge until so many were told of, AT_ONCE labelers at any moment; pause: seconds after each, in the mean."""
    turns = list(range(LABELERS))
    random.Random(0).shuffle(turns)
    waiting = cycle(turns)
    stop = threading.Event()
    first = len(told.numbers)

    def labor(_: int) -> None:
        while not stop.is_set():
            with told.lock:
                number = next(waiting)
            with busy[number]:
                for _ in range(TURN):
                    if not judge(*people[number], told) or len(told.numbers) - first >= judgments:
                        stop.set()
                        return
                    if pause:
                        stop.wait(random.expovariate(1 / pause))

    busy = [threading.Lock() for _ in people]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(labor, range(AT_ONCE)))


def judge(name: str, client: Client, told: Told) -> bool:
    """One task from the queue and back, tried again until the server answers; false when there is none."""
    began = time.perf_counter()
    task = insist(lambda: client.next([TaskKind.rank]))
    if task is None:
        return False
    told.hold(task["assignment"], name)
    got = time.perf_counter()
    answer = opinion(task)
    own = uuid.uuid4().hex
    number = insist(lambda: client.submit(task["assignment"], answer, 1.0, own))
    sent = time.perf_counter()
    with told.lock:
        told.numbers[own] = number
        told.got.append(got - began)
        told.sent.append(sent - got)
    return True


def opinion(task: Mapping[str, Any]) -> Order:
    """Some order of a task's outputs."""
    count = len(task["completions"])
    ranks = list(range(1, count + 1))
    random.shuffle(ranks)
    return Order(marks=tuple(Mark(overall=1 + rank % 7) for rank in ranks), ranks=tuple(ranks))


def insist(ask: Any) -> Any:
    """What a server says, however often it is asked while it is away."""
    while True:
        try:
            return ask()
        except InputError as error:
            if "does not answer" not in str(error):
                raise
            time.sleep(0.1)


def measure(
    place: str, name: str, workers: int, judgments: int, killed_among: int, pause: float
) -> list[str]:
    """One row of the table."""
    store, told = Store(place), Told()
    with serving(place, workers) as (process, url):
        people = hire(store, url)
        fill(store, judgments, "load")
        began = time.perf_counter()
        work(people, told, judgments, pause)
        seconds = time.perf_counter() - began
        times = (sorted(told.sent), sorted(told.got))
        print(f"{name}: {len(told.numbers)} judgments in {seconds:.0f} s", file=sys.stderr)

        fill(store, killed_among, "killed")
        port = int(url.rsplit(":", 1)[1])
        with ThreadPoolExecutor(1) as pool:
            rest = pool.submit(work, people, told, killed_among, pause)
            while len(told.numbers) < judgments + killed_among // 2 and not rest.done():
                time.sleep(0.01)
            end(process)
            before = dict(told.numbers)
            with running(place, port, workers):
                rest.result()
    lost, doubled = count(store, told.numbers)
    lost_before, _ = count(store, before)
    sent, got = ([1000 * each for each in sorted_times] for sorted_times in times)
    figures = (
        sent[len(sent) // 2],
        sent[int(0.95 * len(sent))],
        sent[-1],
        got[int(0.95 * len(got))],
    )
    return [
        name,
        f"{pause:g}",
        f"{judgments:,} + {killed_among:,}",
        f"{judgments / seconds:.0f}",
        *(f"{each:.0f}" for each in figures),
        str(lost),
        str(doubled),
        str(told.twice),
        f"{len(before):,}",
        str(lost_before),
    ]


def count(store: Store, numbers: Mapping[str, int]) -> tuple[int, int]:
    """Of what was told, how much is not in the database; and how much there is there twice, or of nobody."""
    journal, rankings = tables.submissions, tables.rankings
    with store._engine.begin() as connection:
        rows = {row.client: row.id for row in connection.execute(select(journal.c.client, journal.c.id))}
        ranked = Counter(connection.scalars(select(rankings.c.submission)))
    lost = sum(rows.get(own) != number or not ranked[number] for own, number in numbers.items())
    doubled = sum(number > 1 for number in ranked.values())
    return lost, doubled


def main(arguments: Sequence[str]) -> int:
    """Print the table and write it into the page."""
    parser = ArgumentParser(prog="python -m benchmarks.labeling", description=__doc__)
    parser.add_argument("--postgresql", metavar="URL", default=os.environ.get("TUTELAGE_TEST_POSTGRESQL"))
    parser.add_argument("--judgments", type=int, default=JUDGMENTS, help="another number writes no page")
    parser.add_argument("--workers", type=int, default=2, help="processes of the server over PostgreSQL")
    chosen = parser.parse_args(arguments)
    rows = []
    for pause, judgments in ((0.0, chosen.judgments), (PAUSE, chosen.judgments // 5)):
        killed_among = min(KILLED_AMONG, judgments)
        with tempfile.TemporaryDirectory() as folder:
            place = str(Path(folder) / "tutelage.db")
            rows.append(measure(place, "SQLite, 1 process", 1, judgments, killed_among, pause))
        if chosen.postgresql:
            with new_database(chosen.postgresql) as url:
                title = f"PostgreSQL, {chosen.workers} processes"
                rows.append(measure(url, title, chosen.workers, judgments, killed_among, pause))
    written = table.table(COLUMNS, rows)
    print(written)
    if chosen.judgments == JUDGMENTS and chosen.postgresql:
        table.put(PAGE, "labeling", written)
    return 0


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """An empty database on a server, and its URL."""
    name = f"load_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
