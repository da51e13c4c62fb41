"""Storing the league tables that requests have asked for: the workers' part.

Over the whole comparison set, once per data version, stored with seed and parameters so that the
same table comes out again.
"""

from datetime import datetime

from sqlmodel import Session

from api.core.database import Database
from api.core.errors import NotFound
from api.insights.league_compute import make_table, table_version
from api.insights.queries import TableName, next_requested, stored_table
from api.insights.repository import drop_table, drop_tables, lock_computing, store_table


def compute_requested(database: Database) -> int:
    """Computes every table that is asked for, a transaction each; how many."""
    computed = 0
    while True:
        with database.transaction() as session:
            lock_computing(session)
            requested = next_requested(session)
            if requested is None:
                return computed
            try:
                _compute(session, requested.name)
            except NotFound:
                drop_table(session, requested.id)
        computed += 1


def compute_table(database: Database, name: TableName) -> None:
    """Computes one table now, unless it is ready for the present data."""
    with database.transaction() as session:
        lock_computing(session)
        version = table_version(session, name)
        stored = stored_table(session, name, version)
        if version and (stored is None or stored.state != "ready"):
            _compute(session, name)


def forget_tables(session: Session, before: datetime) -> int:
    """Deletes tables asked for before ``before``; who asks again has them computed again."""
    return drop_tables(session, before)


def _compute(session: Session, name: TableName) -> None:
    store_table(session, name, make_table(session, name))
