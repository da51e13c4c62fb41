"""Data versions and stored league tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session

from api.core.database import once
from api.insights.league_rows import STORED_COLUMNS
from api.insights.periods import Period


def metric_version(session: Session, metric: str, period: Period) -> int:
    """The data version of a metric's days; 0 when nothing was ever counted."""
    found = session.execute(
        text(
            "select coalesce(max(version), 0) from metric_day "
            "where metric = :metric and day >= :start and day < :end"
        ),
        {"metric": metric, "start": period.start, "end": period.end},
    )
    return int(found.scalar_one())


def day_versions(session: Session, metric: str) -> dict[date, int]:
    """The data version of each day of a metric on which anything was counted."""

    def read() -> dict[date, int]:
        found = session.execute(_DAY_VERSIONS, {"metric": metric})
        return {row.day: row.version for row in found}

    return once(session, ("day versions", metric), read)


_DAY_VERSIONS = text("select day, version from metric_day where metric = :metric")


def newest_version(session: Session) -> int:
    """The data version of everything there is."""
    return int(
        session.execute(text("select coalesce(max(version), 0) from metric_day")).scalar_one()
    )


def scope_version(session: Session) -> int:
    """The newest data version of a branch in the transaction's scope."""
    found = session.execute(text("select coalesce(max(version), 0) from branch_version"))
    return int(found.scalar_one())


def every_version(session: Session) -> dict[int, int]:
    """The data version of each branch that the transaction may see."""
    found = session.execute(text("select branch_id, version from branch_version"))
    return {row.branch_id: row.version for row in found}


def structure_version(session: Session) -> int:
    """The version of units, parents and profiles, from the sequence of the data versions."""
    found = session.execute(text("select structure_version from network")).scalar()
    return int(found or 0)


def database_now(session: Session) -> datetime:
    """The moment at which the server takes up this statement."""
    found: datetime = session.execute(text("select statement_timestamp()")).scalar_one()
    return found


@dataclass(frozen=True, slots=True)
class TableName:
    """What a stored league table is about, whatever its data version."""

    metric: str
    period: Period
    comparison_set: str

    def parameters(self) -> dict[str, Any]:
        """For statements about the table."""
        return {
            "metric": self.metric,
            "start": self.period.start,
            "end": self.period.end,
            "set": self.comparison_set,
        }


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A league table that is asked for or ready."""

    id: UUID
    name: TableName
    state: str
    data_version: int
    computed_at: datetime | None
    parameters: dict[str, Any]
    age_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ComputedTable:
    """A league table that is ready to be stored.

    ``version`` and ``as_of`` say which data it was made of and when that was read, ``parameters``
    what it was made with, its ``seed`` among them; ``rows`` are columns by name.
    """

    version: int
    as_of: datetime
    parameters: dict[str, Any]
    rows: Mapping[str, Sequence[Any]]


_TABLE = (
    "select id, metric, period_from, period_to, comparison_set, state, data_version, computed_at, "
    "parameters, extract(epoch from statement_timestamp() - computed_at)::float8 as age "
    "from league_table"
)
_NAMED = "metric = :metric and period_from = :start and period_to = :end and comparison_set = :set"


def stored_table(session: Session, name: TableName, version: int) -> StoredTable | None:
    """The table of exactly that data version, ready or asked for."""
    row = session.execute(
        text(f"{_TABLE} where {_NAMED} and data_version = :version"),
        {**name.parameters(), "version": version},
    ).first()
    return None if row is None else _stored(row)


def newest_ready(session: Session, name: TableName) -> StoredTable | None:
    """The ready table of the newest data that there is one for."""
    row = session.execute(
        text(f"{_TABLE} where {_NAMED} and state = 'ready' order by data_version desc limit 1"),
        name.parameters(),
    ).first()
    return None if row is None else _stored(row)


def next_requested(session: Session) -> StoredTable | None:
    """The table that waits longest."""
    row = session.execute(
        text(f"{_TABLE} where state = 'requested' order by requested_at, id limit 1")
    ).first()
    return None if row is None else _stored(row)


def _stored(row: Row[Any]) -> StoredTable:
    name = TableName(row.metric, Period(row.period_from, row.period_to), row.comparison_set)
    return StoredTable(
        row.id,
        name,
        row.state,
        row.data_version,
        row.computed_at,
        row.parameters,
        row.age,
    )


_ROW = ", ".join(f"r.{name}" for name in ("branch_id", *STORED_COLUMNS))


def stored_rows(session: Session, table: UUID) -> dict[int, Sequence[Any]] | None:
    """`STORED_COLUMNS` of the visible rows of a stored table by branch; None if it is gone."""
    rows = session.execute(
        text(
            f"select {_ROW} from league_table t left join league_row r on r.table_id = t.id "
            "where t.id = :id"
        ),
        {"id": table},
    ).all()
    return {row[0]: row[1:] for row in rows if row[0] is not None} if rows else None


def weightiest_parts(session: Session, table: UUID) -> dict[int, dict[str, Any]]:
    """What moved each visible branch's adjusted score most: the first part of its mix."""
    rows = session.execute(
        text(
            "select branch_id, mix -> 0 as part from league_row "
            "where table_id = :id and adjusted is not null and mix -> 0 is not null"
        ),
        {"id": table},
    )
    return {row.branch_id: row.part for row in rows}


def stored_row(session: Session, table: UUID, branch: int) -> Row[Any] | None:
    """One visible row of a stored table, with its mix."""
    return session.execute(
        text(
            f"select {_ROW}, r.own_weight, r.mix from league_row r "
            "where r.table_id = :id and r.branch_id = :branch"
        ),
        {"id": table, "branch": branch},
    ).first()
