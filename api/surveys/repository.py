"""Published versions of surveys, messages and rules, and the metrics they declare: the SQL.

Only ever adds versions: no statement here changes one. Decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.engine import Connection
from sqlmodel import Session, col

from api.models import (
    MessageVersion,
    Metric,
    RulesDraft,
    RuleSetVersion,
    SurveyVersion,
    Touchpoint,
)

# A template that is for certain providers is used once one of them has approved it; until then the
# version before it is.
USABLE = (
    "(not jsonb_path_exists(definition, '$.providers.*') or jsonb_path_exists(definition, "
    "'$.providers.*.approval ? (@ == \"approved\")'))"
)
_INDICATOR_CODES = text(
    "select definition ->> 'code' from indicator_version union "
    "select jsonb_array_elements(coalesce(definition -> 'dimension', '[]')) ->> 'code' "
    "from indicator_version"
)
Versioned = type[SurveyVersion] | type[MessageVersion]
Reader = Session | Connection


@dataclass(frozen=True)
class Stored:
    """A published version as it is stored; ``id`` is the version itself for rules."""

    id: int
    version: int
    content_hash: bytes


@dataclass(frozen=True)
class RulesRow:
    """A published version of the rules, without its content."""

    version: int
    code: str
    effective_from: datetime
    published_at: datetime
    published_by: str | None


_RULES = text(
    "select r.version, r.definition ->> 'code', r.effective_from, r.published_at, a.name "
    "from rule_set_version r left join account a on a.id::text = r.published_by "
    "order by r.version desc"
)
_USABLE = text(
    "select distinct on (code) definition from message_version "
    f"where {USABLE} order by code, version desc"
)

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


def rules_in_force(session: Reader, now: datetime) -> tuple[int, bytes, dict[str, Any]] | None:
    """Version, hash and definition of the rules that hold at ``now``."""
    table = RuleSetVersion
    query = (
        select(col(table.version), col(table.content_hash), col(table.definition))
        .where(col(table.effective_from) <= now)
        .order_by(col(table.effective_from).desc(), col(table.version).desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return None if row is None else (row.version, bytes(row.content_hash), row.definition)


def definition_of_rules(session: Reader, version: int) -> dict[str, Any] | None:
    """The definition of one version of the rules."""
    table = RuleSetVersion
    query = select(col(table.definition)).where(col(table.version) == version)
    found: dict[str, Any] | None = session.execute(query).scalar()
    return found


def list_rules(session: Reader) -> list[RulesRow]:
    """Every published version of the rules, the newest first, with who published it."""
    return [RulesRow(*row) for row in session.execute(_RULES)]


def written_rules(session: Reader, version: int) -> tuple[str, dict[str, Any]] | None:
    """The text and the definition of one version of the rules."""
    table = RuleSetVersion
    query = select(col(table.written), col(table.definition)).where(col(table.version) == version)
    row = session.execute(query).first()
    return None if row is None else (row.written, row.definition)


def find_draft(session: Session, account_id: UUID) -> RulesDraft | None:
    """The draft of an account."""
    return session.get(RulesDraft, account_id, populate_existing=True)


def save_draft(session: Session, account_id: UUID, written: str, now: datetime) -> None:
    """Keeps a draft in place of the account's last one."""
    values = {"written": written, "saved_at": now}
    query = insert(RulesDraft).values(account_id=account_id, **values)
    session.execute(query.on_conflict_do_update(index_elements=["account_id"], set_=values))


def delete_draft(session: Session, account_id: UUID) -> None:
    """Forgets the draft of an account."""
    session.execute(delete(RulesDraft).where(col(RulesDraft.account_id) == account_id))


def definition_of(session: Reader, table: Versioned, version_id: int) -> dict[str, Any] | None:
    """The definition stored under an id."""
    query = select(col(table.definition)).where(col(table.id) == version_id)
    found: dict[str, Any] | None = session.execute(query).scalar()
    return found


def newest_usable(session: Reader, code: str) -> int | None:
    """The id of the highest version of a template that somebody may send."""
    query = text(
        f"select id from message_version where code = :code and {USABLE} "
        "order by version desc limit 1"
    )
    found: int | None = session.execute(query, {"code": code}).scalar()
    return found


def usable_messages(session: Reader) -> Sequence[dict[str, Any]]:
    """The definition of the highest usable version of every template that has one."""
    return session.execute(_USABLE).scalars().all()


def known_touchpoints(session: Reader) -> set[str]:
    """The codes of all touchpoints."""
    return set(session.execute(select(col(Touchpoint.code))).scalars())


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
    known = known_touchpoints(session)
    return [code for code in codes if code not in known]


def find_metrics(session: Session, codes: Sequence[str]) -> dict[str, Metric]:
    """The registered metrics among ``codes``."""
    query = select(Metric).where(col(Metric.code).in_(codes))
    return {metric.code: metric for metric in session.execute(query).scalars()}


def indicator_codes(session: Session) -> set[str]:
    """What every published version of the indicators calls its index and dimensions."""
    return set(session.execute(_INDICATOR_CODES).scalars())


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
