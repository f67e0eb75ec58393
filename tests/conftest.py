"""Shape checks while tests run: all that enters or leaves `tutelage.functional` is held to its annotation.

A browser. And databases: an SQLite file, and one on a PostgreSQL server where TUTELAGE_TEST_POSTGRESQL has its URL.
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from jaxtyping import install_import_hook
from sqlalchemy import create_engine, make_url, text

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The hook works on modules as they are imported, so it stands before any test imports the package.
install_import_hook("tutelage.functional", "beartype.beartype")

# A busy machine is slow, not wrong.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

SERVER = os.environ.get("TUTELAGE_TEST_POSTGRESQL")
"""On it every test makes a database of its own, so that tests may run side by side."""


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str | Path]:
    """Where a store can be made: the path of no file yet, or the URL of an empty database."""
    if request.param == "sqlite":
        yield tmp_path / "new" / "tutelage.db"
        return
    if SERVER is None:
        pytest.skip("TUTELAGE_TEST_POSTGRESQL names no server")
    name = f"test_{uuid.uuid4().hex}"
    server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""The last four: no update, no sign-in and no telemetry of the browser's own while the tests run."""


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Chromium, as a person's; started once for all tests of a process, which can hold no second."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("pages are tested in Chromium, and there is none: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield chromium
        chromium.close()
