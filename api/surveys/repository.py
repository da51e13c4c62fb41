"""Published versions of surveys, messages and rules, and the metrics they declare: the SQL.

Only ever adds versions: no statement here changes one. Decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.engine import Connection
from sqlmodel import Session, col

from api.models import (
    MessageVersion,
    Metric,
    RuleSetVersion,
    SurveyVersion,
    Touchpoint,
)

Versioned = type[SurveyVersion] | type[MessageVersion]
Reader = Session | Connection


@dataclass(frozen=True)
class Stored:
    """A published version as it is stored; ``id`` is the version itself for rules."""

    id: int
    version: int
    content_hash: bytes


PUBLISHING_LOCK = 7004  # advisory; 7001 leads, 7002 folds, 7003 computes tables


def lock_publishing(session: Session) -> None:
    """One publisher at a time, until the transaction ends."""
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": PUBLISHING_LOCK})


def newest(session: Reader, table: Versioned, code: str) -> Stored | None:
    """The highest published version of ``code``."""
    query = (
        select(col(table.id), col(table.version), col(table.content_hash))
        .where(col(table.code) == code)
        .order_by(col(table.version).desc())
        .limit(1)
    )
    return _stored(session.execute(query).first())


def find_version(session: Reader, table: Versioned, code: str, version: int) -> Stored | None:
    """One published version of ``code``."""
    query = select(col(table.id), col(table.version), col(table.content_hash)).where(
        col(table.code) == code, col(table.version) == version
    )
    return _stored(session.execute(query).first())


def find_rules(session: Reader, version: int) -> Stored | None:
    """One published version of the rules."""
    table = RuleSetVersion
    query = select(col(table.version), col(table.version), col(table.content_hash)).where(
        col(table.version) == version
    )
    return _stored(session.execute(query).first())


def newest_rules(session: Reader) -> tuple[int, datetime] | None:
    """The highest published version of the rules and when it takes effect."""
    table = RuleSetVersion
    query = (
        select(col(table.version), col(table.effective_from))
        .order_by(col(table.version).desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return None if row is None else (row.version, row.effective_from)


def rules_in_force(session: Reader, now: datetime) -> tuple[int, dict[str, Any]] | None:
    """Version and definition of the rules that hold at ``now``."""
    table = RuleSetVersion
    query = (
        select(col(table.version), col(table.definition))
        .where(col(table.effective_from) <= now)
        .order_by(col(table.effective_from).desc(), col(table.version).desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return None if row is None else (row.version, row.definition)


def definition_of_rules(session: Reader, version: int) -> dict[str, Any] | None:
    """The definition of one version of the rules."""
    table = RuleSetVersion
    query = select(col(table.definition)).where(col(table.version) == version)
    found: dict[str, Any] | None = session.execute(query).scalar()
    return found


def definition_of(session: Reader, table: Versioned, version_id: int) -> dict[str, Any] | None:
    """The definition stored under an id."""
    query = select(col(table.definition)).where(col(table.id) == version_id)
    found: dict[str, Any] | None = session.execute(query).scalar()
    return found


def newest_definitions(session: Reader, table: Versioned) -> Sequence[dict[str, Any]]:
    """The definition of the highest version of every code."""
    query = (
        select(col(table.definition))
        .ext(distinct_on(col(table.code)))
        .order_by(col(table.code), col(table.version).desc())
    )
    return session.execute(query).scalars().all()


def add_survey(
    session: Session, definition: dict[str, Any], content_hash: bytes, now: datetime
) -> int:
    """Stores a new version of a survey and gives its id."""
    row = SurveyVersion(
        code=definition["code"],
        version=definition["version"],
        definition=definition,
        content_hash=content_hash,
        published_at=now,
    )
    return _added(session, row)


def add_message(
    session: Session, definition: dict[str, Any], content_hash: bytes, now: datetime
) -> int:
    """Stores a new version of a message template and gives its id."""
    row = MessageVersion(
        code=definition["code"],
        version=definition["version"],
        channel=definition["channel"],
        definition=definition,
        content_hash=content_hash,
        published_at=now,
    )
    return _added(session, row)


def add_rules(session: Session, row: RuleSetVersion) -> None:
    """Stores a new version of the rules."""
    session.add(row)
    session.flush()


def unknown_touchpoints(session: Session, codes: Sequence[str]) -> list[str]:
    """Those of ``codes`` that are no touchpoint here, in their order."""
    known = set(session.execute(select(col(Touchpoint.code))).scalars())
    return [code for code in codes if code not in known]


def find_metrics(session: Session, codes: Sequence[str]) -> dict[str, Metric]:
    """The registered metrics among ``codes``."""
    query = select(Metric).where(col(Metric.code).in_(codes))
    return {metric.code: metric for metric in session.execute(query).scalars()}


def add_metrics(session: Session, metrics: Sequence[dict[str, Any]]) -> None:
    """Registers metrics behind those that are there; a registered one stays as it is."""
    first = session.execute(select(func.coalesce(func.max(col(Metric.position)), 0))).scalar_one()
    for number, values in enumerate(metrics, start=1):
        row = {**values, "position": first + number}
        session.execute(insert(Metric).values(row).on_conflict_do_nothing())


def _added(session: Session, row: SurveyVersion | MessageVersion) -> int:
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def _stored(row: Any) -> Stored | None:
    return None if row is None else Stored(row[0], row[1], row[2])
