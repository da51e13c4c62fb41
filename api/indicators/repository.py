"""Published indicator trees, and what they may name: the SQL.

Only ever adds versions. Decides nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, text
from sqlmodel import Session, col

from api.models import IndicatorVersion, Metric, Network


@dataclass(frozen=True)
class VersionRow:
    """A published version, without its content."""

    version: int
    code: str
    effective_from: date
    published_at: datetime
    published_by: str | None


_VERSIONS = text(
    "select i.version, i.definition ->> 'code', i.effective_from, i.published_at, a.name "
    "from indicator_version i left join account a on a.id::text = i.published_by "
    "order by i.version desc"
)


def list_versions(session: Session) -> list[VersionRow]:
    """Every published version, the newest first, with who published it."""
    return [VersionRow(*row) for row in session.execute(_VERSIONS)]


def find_version(session: Session, version: int) -> IndicatorVersion | None:
    """One published version."""
    return session.get(IndicatorVersion, version, populate_existing=True)


def newest(session: Session) -> tuple[int, date] | None:
    """The highest version and the day it is in force from."""
    table = IndicatorVersion
    query = (
        select(col(table.version), col(table.effective_from))
        .order_by(col(table.version).desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return None if row is None else (row.version, row.effective_from)


def in_force(session: Session, on: date) -> tuple[int, bytes, int] | None:
    """Version, hash and data version of the tree that holds on a day."""
    table = IndicatorVersion
    query = (
        select(col(table.version), col(table.content_hash), col(table.data_version))
        .where(col(table.effective_from) <= on)
        .order_by(col(table.effective_from).desc(), col(table.version).desc())
        .limit(1)
    )
    row = session.execute(query).first()
    if row is None:
        return None
    return row.version, bytes(row.content_hash), row.data_version


def definition_of(session: Session, version: int) -> dict[str, Any]:
    """The definition of a version that is there."""
    query = select(col(IndicatorVersion.definition)).where(col(IndicatorVersion.version) == version)
    found: dict[str, Any] = session.execute(query).scalar_one()
    return found


def next_data_version(session: Session) -> int:
    """A version above those of all data there is."""
    return int(session.execute(text("select nextval('data_version')")).scalar_one())


def add_version(session: Session, row: IndicatorVersion) -> None:
    """Stores a new version."""
    session.add(row)
    session.flush()


def metrics(session: Session) -> list[tuple[str, str, str]]:
    """Code, kind and scale of every declared metric."""
    query = select(col(Metric.code), col(Metric.kind), col(Metric.scale))
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def network_timezone(session: Session) -> str:
    """The time zone by which the network's day begins."""
    found = session.execute(select(col(Network.default_timezone))).scalar()
    return found or "Asia/Shanghai"
