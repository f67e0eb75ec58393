"""What users asked of served models, and what they said of the answers (§3.2): raw, and before any filter."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, exists, select, text

from tutelage.schema import InputError, Prompt, UseCase
from tutelage.store import tables
from tutelage.store.engine import for_reading, insert_new
from tutelage.store.records import content_row, key_of_parts, prompt_of

PREPARED = "collected"
"""The batch of `prompts` that is made of what was collected."""


@dataclass(frozen=True)
class Collected:
    """One request as it was collected: `origin` is `api` or `playground`, `at` seconds since 1970."""

    id: int
    user: str
    origin: str
    model: str
    prompt: str
    completions: tuple[str, ...]
    at: float


@dataclass(frozen=True)
class Feedback:
    """What a user said of answers: `ranks` and `sources` stand beside `completions`, rank 1 is best."""

    id: int
    user: str
    prompt: str
    completions: tuple[str, ...]
    sources: tuple[str, ...]
    ranks: tuple[int, ...]
    at: float


@dataclass(frozen=True)
class PreparedPrompt:
    """A prompt that was made of what was collected, and its row in `prompts`."""

    row: int
    prompt: Prompt


_withdrawn = exists().where(
    tables.withdrawals.c.table == tables.prompts.name, tables.withdrawals.c.row == tables.prompts.c.id
)
_prepared = (
    select(tables.prompts.c.id, tables.contents)
    .join(tables.contents, tables.prompts.c.content == tables.contents.c.key)
    .where(tables.prompts.c.batch == PREPARED, ~_withdrawn)
)
"""The rows of prompts that were made of what was collected, and stand."""


class Collection:
    """The tables `collected` and `feedback`: what is added here is neither trained on nor shown to labelers before
    `tutelage data prepare` has made prompts of it."""

    def __init__(self, engine: Engine) -> None:
        self._reading = for_reading(engine)
        self._writing = engine

    def add(
        self,
        user: str,
        origin: str,
        model: str,
        prompt: str,
        completions: Sequence[str],
        now: float | None = None,
    ) -> int:
        """Keep what was asked and what was answered; returns the row's id. Asking again is another row.

        Raises:
            InputError: the database cannot keep it, as PostgreSQL cannot keep the character NUL.
        """
        row = {
            "user": user,
            "origin": origin,
            "model": model,
            "prompt": prompt,
            "completions": list(completions),
            "at": time.time() if now is None else now,
        }
        table = tables.collected
        with self._writing.begin() as connection:
            number: int = connection.execute(table.insert().returning(table.c.id), row).scalar_one()
        return number

    def add_feedback(
        self,
        user: str,
        prompt: str,
        completions: Sequence[str],
        sources: Sequence[str],
        ranks: Sequence[int],
        now: float | None = None,
    ) -> int:
        """Keep what a user thinks of answers; returns the row's id.

        Raises:
            ValueError: the three sequences are not of one length.
        """
        if not len(completions) == len(sources) == len(ranks):
            raise ValueError("completions, sources and ranks stand beside each other")
        row = {
            "user": user,
            "prompt": prompt,
            "completions": list(completions),
            "sources": list(sources),
            "ranks": list(ranks),
            "at": time.time() if now is None else now,
        }
        table = tables.feedback
        with self._writing.begin() as connection:
            number: int = connection.execute(table.insert().returning(table.c.id), row).scalar_one()
        return number

    def rows(self) -> list[Collected]:
        """Everything collected, in the order of its coming."""
        table = tables.collected
        with self._reading.begin() as connection:
            return [
                Collected(**{**row, "completions": tuple(row["completions"])})
                for row in connection.execute(select(table).order_by(table.c.id)).mappings()
            ]

    def prompts(self) -> list[Prompt]:
        """What was asked, with who asked, in the order of its coming; repeats are repeats. Blank requests are none."""
        return [Prompt(text=row.prompt, user=row.user) for row in self.rows() if row.prompt.strip()]

    def feedback(self) -> list[Feedback]:
        """What users said of answers, in the order of its coming."""
        table = tables.feedback
        with self._reading.begin() as connection:
            return [
                Feedback(
                    **{
                        **row,
                        "completions": tuple(row["completions"]),
                        "sources": tuple(row["sources"]),
                        "ranks": tuple(row["ranks"]),
                    }
                )
                for row in connection.execute(select(table).order_by(table.c.id)).mappings()
            ]

    def prepared(
        self, use_case: UseCase | None = None, after: int = 0, limit: int | None = None
    ) -> list[PreparedPrompt]:
        """The prompts that were made of what was collected, in the order of their making.

        use_case: only these. after, limit: so many, from the one behind this row.
        """
        query = _prepared.where(tables.prompts.c.id > after).order_by(tables.prompts.c.id).limit(limit)
        if use_case is not None:
            query = query.where(tables.contents.c.use_case == use_case)
        with self._reading.begin() as connection:
            return [PreparedPrompt(row.id, prompt_of(row._asdict())) for row in connection.execute(query)]

    def correct_use_case(self, row: int, use_case: UseCase) -> None:
        """Have a prepared prompt be of another use case: it is withdrawn, and stands anew, as a new row.

        What was made of it already, such as its completions, keeps the use case that it had then.

        Raises:
            InputError: there is no such prompt, or it was corrected already.
        """
        with self._writing.begin() as connection:
            _keep_forgetting_out(connection)
            found = connection.execute(_prepared.where(tables.prompts.c.id == row)).one_or_none()
            if found is None:
                raise InputError(
                    "is no prepared prompt, or was corrected meanwhile",
                    f"prompt {row}",
                    "load the page again",
                )
            prompt = prompt_of(found._asdict())
            if prompt.use_case is use_case:
                return
            content = content_row(prompt.model_copy(update={"use_case": use_case}))
            anew = {"batch": PREPARED, "key": key_of_parts("use case", row), "content": content["key"]}
            insert_new(connection, tables.contents, [content])
            # of two who correct the same row at once the first is followed
            insert_new(connection, tables.prompts, [anew])
            insert_new(connection, tables.withdrawals, [{"table": "prompts", "row": row}])


def _keep_forgetting_out(connection: Connection) -> None:
    """Have no user be forgotten between what is read here and what is written of it: their text would come back.
    SQLite has one writer at a time anyhow.
    """
    if connection.dialect.name == "postgresql":
        # in the order in which forgetting locks them
        connection.execute(text('LOCK TABLE "contents", "prompts" IN ROW EXCLUSIVE MODE'))
