"""Servers for tests: a real one on a free port, in a thread, over tiny models that are made on the spot."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import openai
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from tutelage.mini.tokenizer import build_tokenizer
from tutelage.models import Architecture, new_policy
from tutelage.rollout import Sampler, Service
from tutelage.serving.app import create_app
from tutelage.serving.desk import Desk
from tutelage.serving.served import Served
from tutelage.serving.server import Server
from tutelage.serving.settings import Settings
from tutelage.store import Store
from tutelage.web.address import bound

SAID = "Say one and two, and name an animal. A red fish swims under the old bridge in autumn."
CONTEXT = 2048
LONGEST = 24
"""Tokens of an answer that does not say how long it may be."""
PATIENCE = 60.0
"""Seconds after which a test gives up."""
ASK: list[Any] = [{"role": "user", "content": "name an animal."}]


class Endless(Sampler):
    """Ends only where it must."""

    @property
    def stop_ids(self) -> frozenset[int]:
        """No token ends its completions."""
        return frozenset()


@cache
def policy(seed: int, context: int = CONTEXT) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A language model that has read nothing and knows what it wants."""
    tokenizer = build_tokenizer([SAID] * 2, 300)
    sizes = {"hidden_size": 16, "layers": 1, "heads": 2, "intermediate_size": 32, "context": context}
    special = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    model = new_policy(Architecture(**sizes, vocabulary_size=len(tokenizer)), seed, **special)
    with torch.no_grad():
        model.get_input_embeddings().weight.mul_(30)
    return model, tokenizer


def samplers() -> dict[str, Sampler]:
    """Two models, of which `endless` never ends by itself."""
    return {"tiny": Sampler(*policy(1)), "endless": Endless(*policy(2))}


@dataclass
class House:
    """A server that runs."""

    url: str
    desk: Desk
    store: Store
    server: Server

    def client(self, key: str = "none", retries: int = 0, **more: Any) -> openai.OpenAI:
        """The official client; it raises at the first refusal unless told to try again."""
        return openai.OpenAI(
            base_url=f"{self.url}/v1", api_key=key, max_retries=retries, timeout=PATIENCE, **more
        )

    def post(self, path: str = "/v1/chat/completions", **more: Any) -> httpx2.Response:
        """A request by hand."""
        return httpx2.post(f"{self.url}{path}", timeout=PATIENCE, **more)

    def get(self, path: str, **more: Any) -> httpx2.Response:
        """A look."""
        return httpx2.get(f"{self.url}{path}", timeout=PATIENCE, **more)

    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self.url.removeprefix("http://").split(":")
        return host, int(port)

    def metric(self, name: str, **labels: str) -> float:
        """A number that Prometheus is told; 0 where it is not there yet."""
        found = self.desk.metrics._registry.get_sample_value(name, labels)
        return 0.0 if found is None else found

    def idle(self) -> bool:
        """Whether nobody waits for anything and no row is being drawn."""
        service = self.desk.service
        rows = sum(service.live(name) + service.waiting(name) for name in service.samplers)
        return not self.desk.under_way and not self.desk.running and rows == 0


@contextmanager
def serving(
    store: Path,
    settings: Settings | None = None,
    *,
    grace: float = 5.0,
    models: Mapping[str, Sampler] | None = None,
    rows: int = 64,
) -> Iterator[House]:
    """A server on a free port, gone at the end."""
    settings = settings or Settings()
    with bound("127.0.0.1", 0) as listener, Store(store) as database:
        models = models or samplers()
        served = {name: Served(name, sampler, LONGEST) for name, sampler in models.items()}
        with Service(models, rows=rows) as service:
            app = create_app(database, service, served, settings)
            ready = threading.Event()
            server = Server(app, grace, ready.set)
            port = listener.getsockname()[1]
            thread = threading.Thread(target=server.run, args=([listener],))
            thread.start()
            try:
                assert ready.wait(PATIENCE)
                yield House(f"http://127.0.0.1:{port}", app.state.desk, database, server)
            finally:
                server.should_exit = True
                thread.join(PATIENCE)
                assert not thread.is_alive()


def until(there: Callable[[], bool]) -> None:
    """Wait for it."""
    end = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < end
        time.sleep(0.005)


def body(**more: Any) -> dict[str, Any]:
    """A request that is answered."""
    return {"model": "tiny", "messages": ASK, **more}
