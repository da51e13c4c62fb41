"""The one process that leads: who holds PostgreSQL's advisory lock, among all hosts.

Owns the lock's number and its SQL. Knows nothing of what a leader does.
"""

from sqlalchemy import text
from sqlalchemy.engine import Connection

LEADER_LOCK = 7001  # 7002 and 7003: cells, stored league tables


def try_to_lead(connection: Connection) -> bool:
    """Take the lead if nobody has it; it lasts as long as the connection's session."""
    found = connection.execute(text("select pg_try_advisory_lock(:key)"), {"key": LEADER_LOCK})
    return bool(found.scalar_one())


def keep_leading(connection: Connection) -> None:
    """Ask the server for a sign of life; raises when the session, and so the lead, is gone."""
    connection.execute(text("select 1"))


def somebody_leads(connection: Connection) -> bool:
    """Say whether any process leads on this database."""
    found = connection.execute(
        text(
            "select exists (select from pg_locks where locktype = 'advisory' and granted "
            "and classid = 0 and objid = :key and database = "
            "(select oid from pg_database where datname = current_database()))"
        ),
        {"key": LEADER_LOCK},
    )
    return bool(found.scalar_one())
