"""Databases of every age become today's, and lose nothing."""

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text

from tutelage.schema import InputError, Prompt, Purpose
from tutelage.store import Store
from tutelage.store.engine import open_engine
from tutelage.store.migration import LATEST
from tutelage.store.tables import metadata


def made_at(revision: str, place: str | Path) -> Engine:
    """A database as a version of then made it."""
    if isinstance(place, Path):
        place.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{place}" if isinstance(place, Path) else place)
    config = Config()
    config.set_main_option("script_location", "tutelage.store:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    return engine


def test_a_database_of_the_first_tables_gets_those_of_labeling(place: str | Path) -> None:
    engine = made_at("0001", place)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO contents (key, prompt_id, text) VALUES ('k', 'p', 'Say it.')"))
        connection.execute(
            text(
                "INSERT INTO rankings (batch, key, content, completions, ranks, labeler)"
                """ VALUES ('b', 'k', 'k', '["x", "y"]', '[1, 2]', 'ann')"""
            )
        )
        connection.execute(text("""INSERT INTO labelers (name, "group") VALUES ('eve', 'heldout')"""))
        for number, labeler in enumerate(("eve", "ann")):
            connection.execute(
                text(
                    "INSERT INTO rankings (batch, key, content, completions, ranks, labeler)"
                    f""" VALUES ('final', 'f{number}', 'k', '["x", "y"]', '[1, 2]', '{labeler}')"""
                )
            )
        connection.execute(
            text("""INSERT INTO snapshots (name, highest) VALUES ('old', '{"rankings": 1}')""")
        )
    engine.dispose()
    with Store(place) as store:
        assert [ranking.labeler for ranking in store.rankings(purpose=Purpose.training)] == ["ann"]
        assert [ranking.labeler for ranking in store.at("old").rankings()] == ["ann"]
        assert [each.labeler for each in store.rankings(purpose=Purpose.evaluation)] == ["eve", "ann"]
        store.freeze("new")


def test_the_changes_lead_to_the_tables(place: str | Path) -> None:
    engine = open_engine(place)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_latest_change_is_known() -> None:
    config = Config()
    config.set_main_option("script_location", "tutelage.store:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [LATEST]


def test_a_database_from_before_migrations_is_taken_over(place: str | Path) -> None:
    engine = made_at("0001", place)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO contents (key, prompt_id, text) VALUES ('k', 'p', 'kept')"))
        connection.execute(text("INSERT INTO prompts (batch, key, content) VALUES ('batch', 'k', 'k')"))
        connection.execute(text("DROP TABLE alembic_version"))
        connection.execute(text("CREATE TABLE formats (version INTEGER PRIMARY KEY)"))
        connection.execute(text("INSERT INTO formats VALUES (1)"))
    with Store(place) as store:
        assert [prompt.text for prompt in store.prompts()] == ["kept"]
    with engine.begin() as connection:
        assert "formats" not in inspect(connection).get_table_names()
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == LATEST
    engine.dispose()


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    Store(tmp_path / "new.db").close()
    with sqlite3.connect(tmp_path / "new.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = (tmp_path / "new.db").read_bytes()
    with pytest.raises(InputError, match=r"newer version of tutelage \(tables 9999"):
        Store(tmp_path / "new.db")
    assert (tmp_path / "new.db").read_bytes() == before


def test_several_who_find_it_empty_make_it_once(place: str | Path) -> None:
    failures: list[Exception] = []

    def open_and_write(number: int) -> None:
        try:
            with Store(place) as store:
                store.add_prompts([Prompt(text=f"{number}")], "batch")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=open_and_write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Store(place) as store:
        assert len(store.prompts()) == 4
