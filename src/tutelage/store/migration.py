"""Bringing a database to today's tables: Alembic's changes in `migrations/`, from the one that it has on."""

from sqlalchemy import Connection, column, inspect, select, table, text

from tutelage.schema import InputError

LATEST = "0004"
"""The revision in `migrations/versions` that `tables` is written for."""
LOCK = 0x7075_7069_6C
"""Any number: PostgreSQL's processes that would migrate wait for one another."""


def is_present(connection: Connection, place: str) -> bool:
    """Whether the database has today's tables; false for an empty or an older one.

    Raises:
        InputError: it is a database of something else.
    """
    names = inspect(connection).get_table_names()
    if "alembic_version" in names:
        return revision_of(connection) == LATEST
    if names and "formats" not in names:
        raise InputError("a database of something else", place, "give an empty database, or a new file")
    return False


def revision_of(connection: Connection) -> str | None:
    """The last change that was made to the database; None where none was."""
    found: str | None = connection.scalar(select(column("version_num")).select_from(table("alembic_version")))
    return found


def upgrade(connection: Connection, place: str) -> None:
    """Make the changes that are missing, all of them or none: the connection's transaction is the caller's.

    Raises:
        InputError: a newer version of this program has changed the database.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
    config = Config()
    config.set_main_option("script_location", "tutelage.store:migrations")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if "alembic_version" in inspect(connection).get_table_names():
        revision = revision_of(connection)
        if revision is not None and revision not in known:
            raise InputError(
                f"made by a newer version of tutelage (tables {revision}, here {LATEST})",
                place,
                "install that version",
            )
    command.upgrade(config, "head")
