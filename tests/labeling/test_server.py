"""The server as a process: there within seconds, without what only training needs, and gone when told to."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest
from tests.labeling.house import DEMONSTRATION, PASSWORD, demonstrate

from tutelage.labeling.client import Client
from tutelage.schema import Group, InputError, Role, WrittenCompletion
from tutelage.store import Store

PATIENCE = 60.0
"""Seconds after which a test gives up; a server is there in one or two."""
WITHOUT = ("torch", "transformers", "tokenizers", "matplotlib.pyplot")
READY = re.compile(r"The owner joins here: (\S+)")


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def until(there: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < end
        time.sleep(0.02)


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/login").status_code == 200
    except httpx2.TransportError:
        return False


@contextmanager
def running(store: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server that answers, and its address."""
    port = free_port()
    command = [sys.executable, "-m", "tutelage", "label", "--store", str(store), "--port", str(port), *more]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: process.poll() is not None or answers(url))
        assert process.poll() is None, process.communicate()
        yield process, url
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with the processes that it started
        process.communicate(timeout=PATIENCE)


def test_the_owner_joins_by_the_printed_link_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    store = tmp_path / "tutelage.db"
    with running(store) as (process, url):
        assert process.stdout is not None
        found = READY.search(process.stdout.readline())
        assert found is not None
        assert found[1].startswith(f"{url}/join/")
        olga = Client(url)
        olga.join(found[1].rsplit("/", 1)[1], "Olga %41", PASSWORD)
        with Store(store) as database:
            assert [(each.name, each.role) for each in database.accounts.all()] == [("Olga %41", Role.owner)]
        assert olga._http.get("/people/Olga%20%2541").status_code == 200
        assert olga._http.get("/people/Olga%20A").status_code == 404
        olga.close()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert "The owner joins" not in out  # said once
    with running(store) as (process, _):
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode in (0, -signal.SIGTERM)
    assert err == ""
    assert "The owner joins" not in out  # there is one


def test_several_processes_share_sessions_and_the_work(tmp_path: Path) -> None:
    store = tmp_path / "tutelage.db"
    with Store(store) as database:
        database.queue.add([demonstrate(f"{number}") for number in range(6)], "batch", overlaps=1)
        tokens = [database.accounts.invite(Role.labeler, Group.training) for _ in range(2)]
    with running(store, "--workers", "2") as (process, url):
        people = [Client(url) for _ in tokens]
        for number, (client, token) in enumerate(zip(people, tokens, strict=True)):
            client.join(token, f"person {number}", PASSWORD)
        for _ in range(3):
            for client in people:
                # a new connection may be another process's
                client._http.headers["connection"] = "close"
                work = client.next()
                assert work is not None
                client.submit(work["assignment"], WrittenCompletion(completion=DEMONSTRATION["completion"]))
        assert [client.next() for client in people] == [None, None]
        for client in people:
            client.close()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    with Store(store) as database:
        assert len(database.demonstrations()) == 6
        assert len(database.overview.control(screening=True)) == 21


def test_where_the_first_of_several_processes_is_killed_all_end(tmp_path: Path) -> None:
    """Else they would hold the address, and a new server could not start."""
    with running(tmp_path / "tutelage.db", "--workers", "2") as (process, url):
        process.kill()
        process.wait()
        until(lambda: not answers(url))


def test_neither_the_app_nor_the_command_loads_what_only_training_needs() -> None:
    program = f"""
import sys
import tutelage.labeling.server, tutelage.labeling.client
import tutelage.cli.app
from tutelage.cli.label import demand_label
demand_label()
loaded = [name for name in {WITHOUT} if name in sys.modules]
assert loaded == [], loaded
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_where_another_program_listens_it_says_so(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "tutelage", "label", "--store", "s.db", "--port", str(port)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: 127.0.0.1:{port}: cannot listen: Address already in use")
    assert done.stderr.count("\n") == 1


def test_where_nobody_answers_the_client_says_what_to_start() -> None:
    client = Client(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(InputError, match="start tutelage label"):
        client.sign_in("Ann", PASSWORD)
