"""Connections and transactions. One request, callback or job item is one transaction.

Knows nothing of who is asking: a transaction begins with nothing visible, and ``api.security``
opens it to a scope. Nothing below the boundary commits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlmodel import Session


class Database:
    """One role's pool of connections; ``alone``: no statement gets help of parallel processes."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 16,
        application: str = "branchpulse",
        alone: bool = False,
    ) -> None:
        self.url = url
        self.engine = make_engine(url, pool_size=pool_size, application=application, alone=alone)

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
    url: str, *, pool_size: int = 16, application: str = "branchpulse", alone: bool = False
) -> Engine:
    """An engine with our defaults: UTC, JSON by orjson, a bounded wait for the server."""
    options = "-c timezone=UTC -c statement_timeout=60000 -c jit=off"
    if alone:
        options += " -c max_parallel_workers_per_gather=0"
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=8,
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


def _to_json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def _forget_parameters(context: Any) -> None:
    """Takes the statement's parameters out of the error: they may be personal."""
    failure = context.sqlalchemy_exception
    if failure is not None:
        failure.params = None
        failure.hide_parameters = True
