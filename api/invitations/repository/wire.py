"""Several statements in one round trip, on the transaction that a session is in.

Deciding asks a dozen questions per batch. Sent one by one they cost more than their answers, so
they go down the driver's pipeline together; each still sees what was committed before it began.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlmodel import Session

Rows = list[tuple[Any, ...]]


class Asked:
    """A statement on its way; its rows can be read once the trip is over."""

    def __init__(self, cursor: psycopg.Cursor[Any]) -> None:
        self._cursor = cursor

    def rows(self) -> Rows:
        """All rows of the answer."""
        return self._cursor.fetchall()


class Trip:
    """The statements of one round trip, in their order."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def ask(self, statement: str, given: Mapping[str, Any] | None = None) -> Asked:
        """Sends a statement without waiting for its answer."""
        return Asked(self._connection.cursor(binary=True).execute(statement, given))


@contextmanager
def one_trip(session: Session) -> Iterator[Trip]:
    """Everything asked within goes out together; raises the first error of any statement."""
    connection = connection_of(session)
    with connection.pipeline():
        yield Trip(connection)


def connection_of(session: Session) -> psycopg.Connection[Any]:
    """The driver's connection that a session's transaction runs on."""
    raw = session.connection().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    return raw


def as_driver(statement: TextClause) -> str:
    """A statement as the driver takes it, for the hottest paths."""
    dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]
    return str(statement.compile(dialect=dialect))
