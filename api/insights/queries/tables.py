"""Data versions and stored league tables."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session

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


def newest_version(session: Session) -> int:
    """The data version of everything there is."""
    return int(
        session.execute(text("select coalesce(max(version), 0) from metric_day")).scalar_one()
    )


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


_TABLE = (
    "select id, metric, period_from, period_to, comparison_set, state, data_version, computed_at, "
    "parameters from league_table"
)
_NAMED = "metric = :metric and period_from = :start and period_to = :end and comparison_set = :set"


def stored_table(session: Session, name: TableName, version: int) -> StoredTable | None:
    """The table of exactly that data version, ready or asked for."""
    row = session.execute(
        text(f"{_TABLE} where {_NAMED} and data_version = :version"),
        {**name.parameters(), "version": version},
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
    return StoredTable(row.id, name, row.state, row.data_version, row.computed_at, row.parameters)


_ROW = (
    "branch_id, n, score, low, high, shrunk, rank, rank_low, rank_high, previous_n, "
    "previous_score, change, change_is_noise, tier, ranked, adjusted, adjusted_low, adjusted_high, "
    "band, p_top, tied_above, simultaneous_low, simultaneous_high, marginal_low, marginal_high, "
    "peer_group"
)


def stored_rows(session: Session, table: UUID) -> dict[int, Row[Any]]:
    """The visible rows of a stored table by branch."""
    rows = session.execute(
        text(f"select {_ROW} from league_row where table_id = :id"), {"id": table}
    )
    return {row.branch_id: row for row in rows}
