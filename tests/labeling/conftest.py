"""Houses of each test's own: the shipped texts are put into a database once, which is then copied."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from tests.labeling.house import House, Person, opened

from tutelage.labeling.app import create_app
from tutelage.schema import Group, Role, Standing
from tutelage.store import Store


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that take no time, as nobody is after these passwords."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("tutelage.web.passwords._hasher", quick)
    monkeypatch.setattr("tutelage.web.passwords._nobodys", quick.hash("nobody"))


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the instructions and the screening alone."""
    place = tmp_path_factory.mktemp("shipped") / "tutelage.db"
    with Store(place) as store:
        create_app(store)
    return place


@pytest.fixture
def house(shipped: Path, tmp_path: Path) -> Iterator[House]:
    """A server over an SQLite file."""
    yield from opened(Store(shutil.copy(shipped, tmp_path / "tutelage.db")))


@pytest.fixture
def either_house(place: str | Path) -> Iterator[House]:
    """A server over SQLite, and over PostgreSQL."""
    yield from opened(Store(place))


@pytest.fixture
def ann(house: House) -> Person:
    """A labeler."""
    return house.join("Ann")


@pytest.fixture
def ben(house: House) -> Person:
    """Another one."""
    return house.join("Ben")


@pytest.fixture
def hal(house: House) -> Person:
    """A held-out labeler."""
    return house.join("Hal", group=Group.heldout)


@pytest.fixture
def nia(house: House) -> Person:
    """A newcomer."""
    return house.join("Nia", standing=Standing.screening)


@pytest.fixture
def rita(house: House) -> Person:
    """A reviewer."""
    return house.join("Rita", role=Role.reviewer)


@pytest.fixture
def olga(house: House) -> Person:
    """The owner."""
    return house.join("Olga", role=Role.owner)
