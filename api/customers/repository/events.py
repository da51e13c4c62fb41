"""Events and the places they happened at: reading what is known of a batch, writing it in sets.

Callers hold the matching locks (`locks`) and a scope that shows every branch. Times, ids and
hashes are handed in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlmodel import Session, col

from api.customers.contacts import region_of_zone
from api.customers.incoming import Branch, Places, PreparedEvent
from api.customers.repository.rows import as_rows
from api.models import Network, Touchpoint
from api.security.hierarchy import current_hierarchy

_UNITS = text("""
with recursive wanted as (
    select c.code, coalesce(u.id, f.unit_id) as id
    from unnest(cast(:codes as text[])) c(code)
    left join unit u on u.code = c.code
    left join unit_former_code f on f.code = c.code
), followed as (
    select code, id, 0 as steps from wanted where id is not null
    union all
    select f.code, u.merged_into_id, f.steps + 1 from followed f join unit u on u.id = f.id
    where u.merged_into_id is not null and f.steps < 20
)
select distinct on (f.code) f.code, u.id from followed f join unit u on u.id = f.id
where u.kind = 'branch' order by f.code, f.steps desc
""")


def load_places(session: Session, codes: Sequence[str], on: date) -> Places:
    """The branches that ``codes`` lead to today, and all touchpoints."""
    network = session.get(Network, 1)
    default = network.default_timezone if network else "Asia/Shanghai"
    tree = current_hierarchy(session, on)
    branches: dict[str, Branch] = {}
    for code, unit_id in session.execute(_UNITS, {"codes": list(codes)}):
        zone = tree.timezone(unit_id, default)
        branches[code] = Branch(unit_id, ZoneInfo(zone), region_of_zone(zone))
    touchpoints = session.execute(select(col(Touchpoint.code), col(Touchpoint.id)))
    return Places(branches, {code: key for code, key in touchpoints if key is not None})


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """What is known of an event already."""

    id: UUID
    revision: int
    content_hash: bytes
    branch_id: int
    status: str
    asking: str


_STORED = text("""
select e.source, e.external_id, e.id, e.revision, e.content_hash, e.branch_id, e.status, e.asking
from json_to_recordset(cast(:keys as json)) k(source text, external_id text)
join event e using (source, external_id)
""")


def stored_events(
    session: Session, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], StoredEvent]:
    """The events already known under (source, external id)."""
    named = as_rows({"source": source, "external_id": key} for source, key in keys)
    rows = session.execute(_STORED, {"keys": named})
    return {(row[0], row[1]): StoredEvent(row[2], row[3], bytes(row[4]), *row[5:]) for row in rows}


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event to be written: what was prepared, its id and person."""

    id: UUID
    prepared: PreparedEvent
    person_id: UUID | None
    vehicle_encrypted: bytes | None
    object_hash: bytes | None
    erased: bool


_ROWS = """
    json_to_recordset(cast(:rows as json)) n(id uuid, source text, external_id text,
        revision int, content_hash bytea, touchpoint_id int, branch_id int,
        occurred_at timestamptz, occurred_on date, person_id uuid, employee text, vehicle bytea,
        object_hash bytea, order_ref text, amount numeric, attributes jsonb, status text)
"""

_INSERT = text(f"""
insert into event (id, source, external_id, revision, content_hash, touchpoint_id, branch_id,
    occurred_at, occurred_on, person_id, employee, vehicle_encrypted, object_hash, order_ref,
    amount, attributes, status, received_at, asking, due_at)
select n.id, n.source, n.external_id, n.revision, n.content_hash, n.touchpoint_id, n.branch_id,
    n.occurred_at, n.occurred_on, n.person_id, n.employee, n.vehicle, n.object_hash, n.order_ref,
    n.amount, n.attributes, n.status, :now,
    case n.status when 'active' then 'pending' else 'decided' end, :now
from {_ROWS}
""")

# A cancelled event has nothing to ask; one that becomes active again is asked about only when it
# never led to an invitation.
_UPDATE = text(f"""
update event e set revision = n.revision, content_hash = n.content_hash,
    touchpoint_id = n.touchpoint_id, branch_id = n.branch_id, occurred_at = n.occurred_at,
    occurred_on = n.occurred_on, person_id = n.person_id, employee = n.employee,
    vehicle_encrypted = n.vehicle, object_hash = n.object_hash, order_ref = n.order_ref,
    amount = n.amount, attributes = n.attributes, status = n.status,
    due_at = case when e.asking = 'decided' and n.status = e.status then e.due_at else :now end,
    asking = case
        when n.status = 'cancelled' then 'decided'
        when e.asking <> 'decided' then 'pending'
        when e.status = 'cancelled'
            and not exists (select from invitation i where i.event_id = e.id) then 'pending'
        else 'decided' end
from {_ROWS}
where e.id = n.id
""")


def insert_events(session: Session, rows: Sequence[EventRow], now: datetime) -> None:
    """Writes new events; active ones wait for a decision from now on."""
    if rows:
        session.execute(_INSERT, {"rows": as_rows(map(_columns, rows)), "now": now})


def update_events(session: Session, rows: Sequence[EventRow], now: datetime) -> None:
    """Writes newer revisions; those not decided yet are decided anew."""
    if rows:
        session.execute(_UPDATE, {"rows": as_rows(map(_columns, rows)), "now": now})


def _columns(row: EventRow) -> dict[str, Any]:
    prepared, event = row.prepared, row.prepared.event
    return {
        "id": row.id,
        "source": event.source,
        "external_id": event.external_id,
        "revision": event.revision,
        "content_hash": prepared.content_hash,
        "touchpoint_id": prepared.touchpoint_id,
        "branch_id": prepared.branch.id,
        "occurred_at": event.occurred_at,
        "occurred_on": prepared.occurred_on,
        "person_id": row.person_id,
        "employee": event.employee,
        "vehicle": row.vehicle_encrypted,
        "object_hash": row.object_hash,
        "order_ref": None if row.erased else event.order,
        "amount": event.amount,
        "attributes": {} if row.erased else event.attributes,
        "status": "cancelled" if event.cancelled else "active",
    }


def raise_revisions(session: Session, revisions: dict[UUID, int]) -> None:
    """Notes higher revisions of events whose content stayed the same."""
    if revisions:
        session.execute(
            text(
                "update event e set revision = n.revision from unnest(cast(:ids as uuid[]), "
                "cast(:revisions as int[])) n(id, revision) where e.id = n.id"
            ),
            {"ids": list(revisions), "revisions": list(revisions.values())},
        )


def drop_planned_invitations(session: Session, event_ids: Sequence[UUID]) -> int:
    """Withdraws what was not yet sent of cancelled events; how many invitations."""
    if not event_ids:
        return 0
    dropped = session.execute(
        text(
            "update invitation set status = 'dropped', failure = 'cancelled' "
            "where event_id = any(cast(:ids as uuid[])) and status = 'planned' returning id"
        ),
        {"ids": list(event_ids)},
    )
    return len(dropped.all())
