"""A mirror of the hub, and a cache of one's own: nothing of a test reaches the network or this machine's cache."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.data.conftest import byte_tokenizer
from tests.hub.mirror import Mirror, serving

from tutelage.hub import commit_of
from tutelage.models import Architecture, new_policy, save_model


@pytest.fixture(scope="session")
def _server() -> Iterator[Mirror]:
    with serving() as mirror:
        yield mirror


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache, empty; nobody is logged in."""
    place = tmp_path / "cache"
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.setattr(f"huggingface_hub.constants.{name}", str(place))
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "datasets")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    commit_of.cache_clear()
    return place


@pytest.fixture
def mirror(_server: Mirror, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    """An empty hub, which HF_ENDPOINT names."""
    _server.repositories, _server.asked, _server.broken = {}, [], None
    reach(monkeypatch, _server.url)
    return _server


@pytest.fixture
def unplugged(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Takes the hub away: from then on nothing listens where it is looked for."""

    def unplug() -> None:
        commit_of.cache_clear()
        reach(monkeypatch, "http://127.0.0.1:9")

    return unplug


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """As if the process had been started with HF_HUB_OFFLINE=1."""

    def forbid() -> None:
        commit_of.cache_clear()
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)

    return forbid


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy's folder."""
    place = tmp_path_factory.mktemp("models") / "policy"
    tokenizer = byte_tokenizer()
    architecture = Architecture(16, 1, 2, 24, len(tokenizer), 128)
    save_model(new_policy(architecture, 0, eos_token_id=0, pad_token_id=1), tokenizer, place)
    return place


def reach(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """As if the process had been started with HF_ENDPOINT."""
    for name in ("huggingface_hub.constants.ENDPOINT", "datasets.config.HF_ENDPOINT"):
        monkeypatch.setattr(name, url)
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
