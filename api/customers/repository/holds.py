"""Holds: why a person is not asked, opened and closed by a source under an id of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.core.ids import new_id
from api.customers.repository.rows import as_rows


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold as it is stored."""

    person_id: UUID
    reason: str
    source: str
    external_id: str
    opened_at: datetime
    closed_at: datetime | None


_ROWS = """
    json_to_recordset(cast(:rows as json)) n(id uuid, person_id uuid, reason text, source text,
        external_id text, opened_at timestamptz, closed_at timestamptz)
"""
_STORED = text("""
select h.person_id, h.reason, h.source, h.external_id, h.opened_at, h.closed_at
from json_to_recordset(cast(:keys as json)) k(source text, external_id text)
join person_hold h using (source, external_id) for update of h
""")
_WRITE = text(f"""
insert into person_hold (id, person_id, reason, source, external_id, opened_at, closed_at)
select n.id, n.person_id, n.reason, n.source, n.external_id, n.opened_at, n.closed_at from {_ROWS}
on conflict (source, external_id) do update set person_id = excluded.person_id,
    reason = excluded.reason, opened_at = excluded.opened_at, closed_at = excluded.closed_at
""")
_DROP = text("""
update invitation i set status = 'dropped', follow_up_at = null,
    failure = case h.reason when 'complaint' then 'open_complaint' when 'blocklist' then 'blocked'
        else h.reason end
from person_hold h
where h.person_id = any(cast(:people as uuid[])) and i.person_id = h.person_id
    and i.status = 'planned' and h.opened_at <= :now
    and (h.closed_at is null or h.closed_at > :now)
""")
_SEEN = text("""
select distinct person_id from person_branch
where person_id = any(cast(:people as uuid[])) and branch_id = any(cast(:branches as int[]))
""")


def stored_holds(
    session: Session, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], HoldRow]:
    """The holds already known under (source, external id); locked."""
    named = as_rows({"source": source, "external_id": key} for source, key in keys)
    rows = session.execute(_STORED, {"keys": named})
    return {(row.source, row.external_id): HoldRow(*row) for row in rows}


def write_holds(session: Session, rows: Sequence[HoldRow]) -> None:
    """Writes new holds and what has changed of those that are known."""
    if rows:
        given = [
            {"id": new_id(), **{name: getattr(row, name) for name in HoldRow.__slots__}}
            for row in sorted(rows, key=lambda row: (row.source, row.external_id))
        ]
        session.execute(_WRITE, {"rows": as_rows(given)})


def drop_planned(session: Session, people: Iterable[UUID], now: datetime) -> None:
    """Withdraws what is planned for people who must not be asked now."""
    session.execute(_DROP, {"people": list(people), "now": now})


def seen_by(session: Session, people: Iterable[UUID], branches: Iterable[int]) -> set[UUID]:
    """Those of ``people`` whom any of ``branches`` dealt with."""
    given = {"people": list(people), "branches": list(branches)}
    return set(session.execute(_SEEN, given).scalars())
