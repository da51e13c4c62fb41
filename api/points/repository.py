"""Printed codes, and the anonymous events and invitations that they make: the SQL."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.core.ids import new_id

_COLUMNS = """
q.id, q.code, q.kind, q.branch_id, q.touchpoint_id, q.survey_code, q.label, q.created_at,
    q.closed_at, q.wechat_url, t.code, t.name_zh, t.name_en
from qr_point q join touchpoint t on t.id = q.touchpoint_id
"""
_BY_CODE = text(f"select {_COLUMNS} where q.code = :code")
_BY_ID = text(f"select {_COLUMNS} where q.id = :id and q.branch_id = any(cast(:branches as int[]))")
_LIST = text(f"""
select {_COLUMNS} where q.branch_id = any(cast(:branches as int[]))
order by q.closed_at is not null, q.created_at desc, q.id limit :limit
""")
_USED = text("""
select count(*), count(i.answered_at), max(e.received_at)
from event e left join invitation i on i.event_id = e.id
where e.source = 'qr:' || cast(:code as text)
""")
_INSERT = text("""
insert into qr_point (id, code, kind, branch_id, touchpoint_id, survey_code, label, created_at)
values (:id, :code, :kind, :branch, :touchpoint, :survey, :label, :now)
""")
_CLOSE = text("update qr_point set closed_at = :now where id = :id and closed_at is null")
_TOUCHPOINT = text("select id from touchpoint where code = :code")
_TOUCHPOINTS = text("select code, name_zh, name_en from touchpoint order by id")
_NAMES = text("""
select coalesce(p.brand, n.name_zh, ''), u.name_zh, coalesce(p.brand, n.name_en, ''), u.name_en
from unit u left join unit_profile p on p.unit_id = u.id and p.valid_from <= :day
    and (p.valid_to is null or p.valid_to > :day)
left join network n on n.id = 1 where u.id = :branch
""")
_EVENT = text("""
insert into event (id, source, external_id, revision, content_hash, touchpoint_id, branch_id,
    occurred_at, occurred_on, attributes, status, received_at, asking, due_at)
values (:event, 'qr:' || cast(:code as text), cast(:event as text), 1, '', :touchpoint, :branch,
    :now, :day, '{}', 'active', :now, 'decided', :now)
""")
_INVITATION = text("""
insert into invitation (id, event_id, survey_code, survey_version_id, branch_id, touchpoint_id,
    occurred_on, channel, language, context, created_at, planned_at, expires_at, status, sent_at,
    first_seen_at, reminder_number, counts)
values (:invitation, :event, :survey, :version, :branch, :touchpoint, :day, :kind, :language,
    jsonb_build_object('point', cast(:code as text)), :now, :now, :ends, 'sent', :now, :now, 0,
    false)
""")
_TOKEN = text("""
insert into survey_token (token_hash, invitation_id, message_id, branch_id, created_at, expires_at)
values (:hash, :invitation, :invitation, :branch, :now, :ends)
""")


@dataclass(frozen=True)
class Point:
    """A printed code or kiosk."""

    id: UUID
    code: str
    kind: str
    branch_id: int
    touchpoint_id: int
    survey_code: str
    label: str
    created_at: datetime
    closed_at: datetime | None
    wechat_url: str | None
    touchpoint: str
    occasion_zh: str
    occasion_en: str


@dataclass(frozen=True)
class Used:
    """How often a code was used, how often to the end, and when last."""

    begun: int
    finished: int
    last_at: datetime | None


@dataclass(frozen=True)
class BranchNames:
    """Brand and branch in both languages."""

    brand_zh: str
    branch_zh: str
    brand_en: str
    branch_en: str


@dataclass(frozen=True)
class Begun:
    """An anonymous invitation to be stored."""

    point: Point
    version_id: int
    day: date
    language: str
    token_hash: bytes
    ends: datetime


def point_with_code(session: Session, code: str) -> Point | None:
    """The point that a code stands for."""
    row = session.execute(_BY_CODE, {"code": code}).first()
    return None if row is None else Point(*row)


def point_of(session: Session, point_id: UUID, branches: list[int]) -> Point | None:
    """A point at one of these branches."""
    row = session.execute(_BY_ID, {"id": point_id, "branches": branches}).first()
    return None if row is None else Point(*row)


def list_points(session: Session, branches: list[int], limit: int) -> list[Point]:
    """Points of these branches, open ones first, then the newest."""
    rows = session.execute(_LIST, {"branches": branches, "limit": limit})
    return [Point(*row) for row in rows]


def use_of(session: Session, code: str) -> Used:
    """How often a code was used."""
    return Used(*session.execute(_USED, {"code": code}).one())


def add_point(session: Session, now: datetime, **values: Any) -> UUID:
    """Stores a new point."""
    made = new_id()
    session.execute(_INSERT, {"id": made, "now": now, **values})
    return made


def close_point(session: Session, point_id: UUID, now: datetime) -> None:
    """Closes a point; one that is closed stays closed since then."""
    session.execute(_CLOSE, {"id": point_id, "now": now})


def touchpoint_id(session: Session, code: str) -> int | None:
    """The id of a touchpoint."""
    found: int | None = session.execute(_TOUCHPOINT, {"code": code}).scalar()
    return found


def list_touchpoints(session: Session) -> list[tuple[str, str, str]]:
    """Code and names of all touchpoints."""
    return [(row[0], row[1], row[2]) for row in session.execute(_TOUCHPOINTS)]


def names_of(session: Session, branch_id: int, day: date) -> BranchNames:
    """What a branch is called on a day."""
    return BranchNames(*session.execute(_NAMES, {"branch": branch_id, "day": day}).one())


def begin(session: Session, begun: Begun, now: datetime) -> None:
    """Stores event, invitation and link of somebody who begins to answer."""
    point = begun.point
    given = {
        "event": new_id(),
        "invitation": new_id(),
        "code": point.code,
        "kind": point.kind,
        "touchpoint": point.touchpoint_id,
        "branch": point.branch_id,
        "survey": point.survey_code,
        "version": begun.version_id,
        "day": begun.day,
        "language": begun.language,
        "hash": begun.token_hash,
        "ends": begun.ends,
        "now": now,
    }
    for statement in (_EVENT, _INVITATION, _TOKEN):
        session.execute(statement, given)
