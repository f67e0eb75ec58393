"""64 clients at once: how many tokens a second does the server send, beside the sampler alone and `transformers serve`?

    make bench-serving

A server on one core, the clients on the other, all on loopback. Each client asks again as soon as its stream has ended.
Ours and the peer serve the same folder in 32-bit floats and are asked the same; the sampler alone has the server's core
to itself. Then more clients than ours takes: are all refused or answered whole? And clients that go away: when is their
row free?
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import quantiles

from benchmarks import table
from benchmarks.rounds import PAGE, ROOT, VARIABLES

CLIENTS = 64
NEW_TOKENS = 64
SECONDS = 30.0
WARM_UP = 5.0
SERVER_CORE, CLIENT_CORE = 0, 1
PROMPTS = (
    "Name three animals that live in the water.",
    "Write one sentence about the horse.",
    "What is the capital of France?",
    "Find five synonyms for delight and sort them by their length.",
)
MODELS = {"mini": "2 M, the embedded world's base", "small": "34 M, random weights that never end"}
PEERS = {"transformers serve": (), "transformers serve, continuous batching": ("--continuous-batching",)}
COLUMNS = (
    "model",
    "server",
    "tokens/s",
    "of the sampler alone",
    "ours is faster by",
    "first token, ms: median",
    "95 %",
    "between tokens, ms: median",
    "95 %",
)


@dataclass
class Heard:
    """What the clients of one server heard."""

    at: list[tuple[float, float]] = field(default_factory=list)
    """Moments, and how many tokens came then."""
    first: list[float] = field(default_factory=list)  # seconds
    between: list[float] = field(default_factory=list)  # seconds
    statuses: dict[int, int] = field(default_factory=dict)
    broken: int = 0

    def tokens(self, since: float, until: float) -> float:
        """That came between two moments."""
        return sum(count for moment, count in self.at if since <= moment < until)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(command: Sequence[str], port: int, health: str) -> Iterator[int]:
    """A server pinned to its core, from when it answers until the block ends."""
    process = subprocess.Popen(
        ["taskset", "-c", str(SERVER_CORE), *command],
        env=os.environ | VARIABLES,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 180
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{health}", timeout=2).read()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"no server came of: {' '.join(command)}") from None
                time.sleep(0.2)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def ours(folder: Path, port: int) -> list[str]:
    """Our command, with as many rows as there are clients."""
    command = [
        sys.executable,
        "-m",
        "tutelage",
        "serve",
        str(folder),
        "--port",
        str(port),
        "--precision",
        "fp32",
    ]
    return [*command, "--rows", str(CLIENTS), "--store", str(folder.parent / "store.db")]


def peer(folder: Path, port: int, options: Sequence[str]) -> list[str]:
    """transformers' command, from its own environment."""
    place = os.environ.get("TUTELAGE_PEERS")
    environment = Path(place) / "venv-serve" if place else ROOT / "benchmarks" / ".venv-serve"
    command = [str(environment / "bin" / "transformers"), "serve", str(folder), "--port", str(port)]
    return [*command, "--device", "cpu", "--dtype", "float32", *options]


async def ask(
    port: int, model: str, number: int, heard: Heard, since: float, tokens: int = NEW_TOKENS
) -> None:
    """One streamed answer, read line by line; counted where it ends after `since`."""
    body = json.dumps(
        {
            "model": model,
            "messages": [{"role": "user", "content": PROMPTS[number % len(PROMPTS)]}],
            "max_tokens": tokens,
            "temperature": 1.0,
            "seed": number,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    )
    times: list[float] = []
    begun = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        status = int((await reader.readline()).split()[1])
        sent, done = 0, False
        async for line in reader:
            if not line.startswith(b"data: "):
                continue
            if line.startswith(b"data: [DONE]"):
                done = True
                continue
            event = json.loads(line[6:])
            sent = (event.get("usage") or {}).get("completion_tokens", sent)
            if event.get("choices") and event["choices"][0]["delta"].get("content"):
                times.append(time.perf_counter())
    finally:
        writer.close()
    heard.statuses[status] = heard.statuses.get(status, 0) + 1
    heard.broken += status == 200 and not done
    if times and times[0] >= since:
        heard.first.append(times[0] - begun)
    heard.between += [after - before for before, after in pairwise(times) if before >= since]
    # tokens without a text of their own have no event; what a server counts in all is spread over those that have
    heard.at += [(moment, (sent or len(times)) / len(times)) for moment in times]


async def load(port: int, model: str, clients: int, seconds: float) -> tuple[Heard, float]:
    """What so many clients hear in so many seconds, after a warm-up; and the tokens a second."""
    heard = Heard()
    since = time.perf_counter() + WARM_UP
    until = since + seconds

    async def client(number: int) -> None:
        turn = 0
        while time.perf_counter() < until:
            await ask(port, model, number + clients * turn, heard, since)
            turn += 1

    await asyncio.gather(*(client(number) for number in range(clients)))
    return heard, heard.tokens(since, until) / seconds


def alone(folder: Path) -> float:
    """Tokens a second of the sampler by itself, on the server's core: as many rows, the same prompts and lengths."""
    program = f"""
import time
from tutelage import Sampler, load_policy
from tutelage.models import load_tokenizer
sampler = Sampler(load_policy({str(folder)!r}), load_tokenizer({str(folder)!r}), batch_size={CLIENTS})
prompts = [{PROMPTS!r}[number % {len(PROMPTS)}] for number in range(8 * {CLIENTS})]
sampler.sample(prompts[:{CLIENTS}], max_new_tokens={NEW_TOKENS})
begun = time.perf_counter()
samples = sampler.sample(prompts, max_new_tokens={NEW_TOKENS})
print(sum(len(sample.tokens) for [sample] in samples) / (time.perf_counter() - begun))
"""
    command = ["taskset", "-c", str(SERVER_CORE), sys.executable, "-c", program]
    ended = subprocess.run(
        command, env=os.environ | VARIABLES, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return float(ended.stdout)


async def overload(port: int, model: str, clients: int) -> Heard:
    """More at once than are let in: each asks once."""
    heard = Heard()
    await asyncio.gather(*(ask(port, model, number, heard, 0.0) for number in range(clients)))
    return heard


async def go_away(port: int, model: str) -> float:
    """Seconds from when all clients close their connections, most of them in the middle of a stream, until no row is
    live.
    """
    heard = Heard()
    tasks = [asyncio.create_task(ask(port, model, number, heard, 0.0, 400)) for number in range(CLIENTS)]
    while live(port, model) < CLIENTS // 2 and not all(task.done() for task in tasks):
        await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    begun = time.perf_counter()
    while live(port, model) > 0:
        await asyncio.sleep(0.005)
    return time.perf_counter() - begun


def live(port: int, model: str) -> int:
    """Rows that are under way, by the server's metrics."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    lines = [line for line in text.splitlines() if "rows" in line and f'"{model}"' in line and "live" in line]
    return int(float(lines[0].rsplit(" ", 1)[1]))


def make_models(folder: Path) -> dict[str, Path]:
    """The embedded world's base, and a model of random weights that never ends, with the same tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM

    from benchmarks.inputs import configuration
    from benchmarks.limits import SHAPES
    from tutelage import mini
    from tutelage.data import Template
    from tutelage.models import load_tokenizer, save_model

    places = {name: folder / name for name in MODELS}
    shutil.copytree(mini.base_folder(), places["mini"])
    tokenizer = load_tokenizer(places["mini"])
    tokenizer.chat_template = Template().as_chat_template(tokenizer)  # the peer has no other
    tokenizer.save_pretrained(places["mini"])
    torch.manual_seed(0)
    config = configuration(SHAPES["small"])
    model = AutoModelForCausalLM.from_config(config)
    model.config.eos_token_id = model.generation_config.eos_token_id = None
    with torch.no_grad():  # a token beyond the tokenizer's has no text, and end-of-text is never drawn
        model.get_output_embeddings().weight[len(tokenizer) :] = 0.0
    save_model(model, tokenizer, places["small"])
    return places


def row_of(
    model: str, server: str, heard: Heard, rate: float, sampler: float, mine: float | None
) -> list[str]:
    """A line of the table."""
    times = [f"{1000 * value:.0f}" for part in (heard.first, heard.between) for value in middle_and_95(part)]
    faster = "" if mine is None or rate == 0 else f"{mine / rate:.1f}×"
    return [MODELS[model], server, f"{rate:.0f}", f"{rate / sampler:.0%}", faster, *times]


def middle_and_95(values: Sequence[float]) -> tuple[float, float]:
    """Median and 95 %."""
    cuts = quantiles(values, n=20, method="inclusive") if len(values) > 1 else [0.0] * 19
    return cuts[9], cuts[18]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the tables into docs/benchmarks.md."""
    parser = ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of load (%(default)s)")
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--without-peer", action="store_true", help="ours and the sampler alone")
    parser.add_argument("--print-only", action="store_true", help="leave the page as it is")
    chosen = parser.parse_args(arguments)
    os.sched_setaffinity(0, {CLIENT_CORE})
    rows, told = [], []
    with tempfile.TemporaryDirectory() as place:
        folders = make_models(Path(place))
        for model in chosen.models:
            folder = folders[model]
            sampler = alone(folder)
            port = free_port()
            with running([*ours(folder, port), "--queue", str(CLIENTS)], port, "/health"):
                heard, mine = asyncio.run(load(port, model, CLIENTS, chosen.seconds))
                crowd = asyncio.run(overload(port, model, 4 * CLIENTS))
                freed = asyncio.run(go_away(port, model))
            sampler = (
                sampler + alone(folder)
            ) / 2  # before and after: the machine is not the same at all times
            told.append(
                f"{MODELS[model]}: of {4 * CLIENTS} clients at once "
                + ", ".join(
                    f"{count} were answered {status}" for status, count in sorted(crowd.statuses.items())
                )
                + f", {crowd.broken} streams broke; {CLIENTS} clients that go away free their rows within "
                f"{1000 * freed:.0f} ms. The sampler alone: {sampler:.0f} tokens/s."
            )
            rows.append(row_of(model, "tutelage serve", heard, mine, sampler, None))
            for server, options in {} if chosen.without_peer else PEERS.items():
                port = free_port()
                with running(peer(folder, port, options), port, "/health"):
                    heard, rate = asyncio.run(load(port, str(folder), CLIENTS, chosen.seconds))
                rows.append(row_of(model, server, heard, rate, sampler, mine))
            print(table.table(COLUMNS, rows), *told, sep="\n", flush=True)
    if not chosen.print_only:
        table.put(PAGE, "serving", "\n\n".join([table.table(COLUMNS, rows), *told]))


if __name__ == "__main__":
    main()
