"""Whom a wave may be about, and the events that it makes. The SQL; decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel import Session

_MADE = """
exists (select from event w where w.person_id = {person} and w.source = :source
    and w.occurred_on >= :made_since)
"""
# The latest event of the anchor alone counts, and only once.
_OF_ANCHOR = text(f"""
select e.person_id, e.branch_id, e.occurred_on, e.object_hash, e.attributes
from event e join touchpoint t on t.id = e.touchpoint_id
join person p on p.id = e.person_id and p.erased_at is null
where t.code = :anchor and e.status = 'active' and e.source not like 'wave:%'
    and e.person_id > :after
    and exists (select from unnest(cast(:firsts as date[]), cast(:lasts as date[])) r(first, last)
        where e.occurred_on between r.first and r.last)
    and not exists (select from event l where l.person_id = e.person_id
        and l.touchpoint_id = e.touchpoint_id and l.status = 'active'
        and l.source not like 'wave:%' and (l.occurred_at, l.id) > (e.occurred_at, e.id))
    and not {_MADE.format(person="e.person_id")}
order by e.person_id limit :limit
""")
_EVERYBODY = text(f"""
select p.id, b.branch_id, cast(null as date), cast(null as bytea), cast('{{}}' as jsonb)
from person p
cross join lateral (select coalesce(
    (select e.branch_id from event e where e.person_id = p.id and e.status = 'active'
        order by e.occurred_at desc, e.id desc limit 1),
    (select o.branch_id from person_branch o where o.person_id = p.id
        order by o.first_seen_on desc, o.branch_id limit 1)) as branch_id) b
where p.id > :after and p.erased_at is null and p.merged_into_id is null
    and b.branch_id is not null and not {_MADE.format(person="p.id")}
order by p.id limit :limit
""")
_FIRST_ANCHOR = text("""
select min(e.occurred_on) from event e join touchpoint t on t.id = e.touchpoint_id
where t.code = :anchor
""")
_TOUCHPOINT = text("select id, name_zh, name_en from touchpoint where code = :code")
_MADE_TODAY = text("""
select count(*) from event where source = :source and received_at >= :began
""")
_INSERT = text("""
insert into event (id, source, external_id, revision, content_hash, touchpoint_id, branch_id,
    occurred_at, occurred_on, person_id, object_hash, attributes, status, received_at, asking,
    due_at)
select n.id, n.source, n.external_id, 1, n.content_hash, n.touchpoint_id, n.branch_id, :now,
    n.occurred_on, n.person_id, n.object_hash, n.attributes, 'active', :now, 'pending', :now
from json_to_recordset(cast(:rows as json)) n(id uuid, source text, external_id text,
    content_hash bytea, touchpoint_id int, branch_id int, occurred_on date, person_id uuid,
    object_hash bytea, attributes jsonb)
on conflict (source, external_id) do nothing returning id
""")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person a wave may be about, with the branch, and the day of the anchor where it has one."""

    person_id: UUID
    branch_id: int
    anchored_on: date | None
    object_hash: bytes | None
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Search:
    """Where candidates are looked for; ``made_since``: a later event of the wave rules one out."""

    source: str
    made_since: date
    anchor: str | None = None
    ranges: Sequence[tuple[date, date]] = ()


@dataclass(frozen=True, slots=True)
class WaveEvent:
    """An event that a wave makes; its fields are columns."""

    id: UUID
    source: str
    external_id: str
    content_hash: bytes
    touchpoint_id: int
    branch_id: int
    occurred_on: date
    person_id: UUID
    object_hash: bytes | None
    attributes: dict[str, Any]


def read_candidates(session: Session, search: Search, after: UUID, limit: int) -> list[Candidate]:
    """The next persons by id that the wave made no event for yet."""
    given: dict[str, Any] = {
        "source": search.source,
        "made_since": search.made_since,
        "after": after,
        "limit": limit,
    }
    if search.anchor is None:
        rows = session.execute(_EVERYBODY, given)
    else:
        given["anchor"] = search.anchor
        given["firsts"] = [first for first, _ in search.ranges]
        given["lasts"] = [last for _, last in search.ranges]
        rows = session.execute(_OF_ANCHOR, given)
    return [Candidate(*row) for row in rows]


def first_anchor(session: Session, anchor: str) -> date | None:
    """The day of the oldest event of a touchpoint."""
    found: date | None = session.execute(_FIRST_ANCHOR, {"anchor": anchor}).scalar()
    return found


def read_touchpoint(session: Session, code: str) -> tuple[int, str, str] | None:
    """Id and names of a touchpoint."""
    row = session.execute(_TOUCHPOINT, {"code": code}).first()
    return None if row is None else (row[0], row[1], row[2])


def count_made(session: Session, source: str, began: datetime) -> int:
    """How many events a wave has made since ``began``."""
    return int(session.execute(_MADE_TODAY, {"source": source, "began": began}).scalar_one())


def insert_events(session: Session, rows: Sequence[WaveEvent], now: datetime) -> int:
    """Stores events that wait for their decision; how many were not there yet."""
    if not rows:
        return 0
    written = [{one.name: _plain(getattr(row, one.name)) for one in fields(row)} for row in rows]
    given = {"rows": orjson.dumps(written).decode(), "now": now}
    return len(session.execute(_INSERT, given).all())


def _plain(value: object) -> object:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else value
