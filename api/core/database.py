"""Connections and transactions. One request, callback or job item is one transaction.

Knows nothing of who is asking: a transaction begins with nothing visible, and ``api.security``
opens it to a scope. Nothing below the boundary commits.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import orjson
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlmodel import Session

_READ = "read"  # what a session that reads things once has read
Found = TypeVar("Found")


class Database:
    """One role's pool of connections.

    ``many``: for a process that many people ask at once. They wait for one of its connections,
    since opening another takes longer, and none gets the help of further processes.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 16,
        application: str = "branchpulse",
        many: bool = False,
    ) -> None:
        self.url = url
        self.engine = make_engine(url, pool_size=pool_size, application=application, many=many)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back by any error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """One transaction without the ORM, for batches and hot paths."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection on which each statement is a transaction of its own: no BEGIN, no COMMIT."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    def close(self) -> None:
        """Gives all connections back."""
        self.engine.dispose()


def make_engine(
    url: str, *, pool_size: int = 16, application: str = "branchpulse", many: bool = False
) -> Engine:
    """An engine with our defaults: UTC, JSON by orjson, a bounded wait for the server."""
    options = "-c timezone=UTC -c statement_timeout=60000 -c jit=off"
    if many:
        options += " -c max_parallel_workers_per_gather=0"
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0 if many else 8,
        pool_timeout=10,
        pool_use_lifo=True,
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
        connect_args={
            "connect_timeout": 5,
            "application_name": application,
            "options": options,
        },
    )
    event.listen(engine, "handle_error", _forget_parameters)
    return engine


def read_once(session: Session) -> None:
    """From here on ``session`` reads what `once` reads for it once: for one that changes none."""
    session.info[_READ] = {}


def reads_once(session: Session) -> bool:
    """Whether `read_once` was said of ``session``."""
    return _READ in session.info


def once(session: Session, name: Hashable, read: Callable[[], Found]) -> Found:
    """What ``read`` gives, kept for a session that reads things once."""
    kept = session.info.get(_READ)
    if kept is None:
        return read()
    if name not in kept:
        kept[name] = read()
    found: Found = kept[name]
    return found


def _to_json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def _forget_parameters(context: Any) -> None:
    """Takes the statement's parameters out of the error: they may be personal."""
    failure = context.sqlalchemy_exception
    if failure is not None:
        failure.params = None
        failure.hide_parameters = True
