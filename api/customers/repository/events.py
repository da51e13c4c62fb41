"""Events and the places they happened at: reading what is known of a batch, writing it in sets.

Callers hold the matching locks (`locks`) and a scope that shows every branch. Times, ids and
hashes are handed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import select, text
from sqlmodel import Session, col

from api.customers.contacts import region_of_zone
from api.customers.incoming import Branch, Places, PreparedEvent
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
from unnest(cast(:sources as text[]), cast(:ids as text[])) k(source, external_id)
join event e using (source, external_id)
""")


def stored_events(
    session: Session, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], StoredEvent]:
    """The events already known under (source, external id)."""
    rows = session.execute(_STORED, {"sources": [k[0] for k in keys], "ids": [k[1] for k in keys]})
    return {(row[0], row[1]): StoredEvent(row[2], row[3], bytes(row[4]), *row[5:]) for row in rows}


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event to be written: what was prepared, its id and person."""

    id: UUID
    prepared: PreparedEvent
    person_id: UUID | None
    vehicle_encrypted: bytes | None
    erased: bool


_COLUMNS = """
    unnest(cast(:id as uuid[]), cast(:source as text[]), cast(:external_id as text[]),
        cast(:revision as int[]), cast(:content_hash as bytea[]), cast(:touchpoint_id as int[]),
        cast(:branch_id as int[]), cast(:occurred_at as timestamptz[]),
        cast(:occurred_on as date[]), cast(:person_id as uuid[]), cast(:employee as text[]),
        cast(:vehicle as bytea[]), cast(:order_ref as text[]), cast(:amount as numeric[]),
        cast(:attributes as text[]), cast(:status as text[]))
    as n(id, source, external_id, revision, content_hash, touchpoint_id, branch_id, occurred_at,
        occurred_on, person_id, employee, vehicle, order_ref, amount, attributes, status)
"""

_INSERT = text(f"""
insert into event (id, source, external_id, revision, content_hash, touchpoint_id, branch_id,
    occurred_at, occurred_on, person_id, employee, vehicle_encrypted, order_ref, amount,
    attributes, status, received_at, asking, due_at)
select n.id, n.source, n.external_id, n.revision, n.content_hash, n.touchpoint_id, n.branch_id,
    n.occurred_at, n.occurred_on, n.person_id, n.employee, n.vehicle, n.order_ref, n.amount,
    n.attributes::jsonb, n.status, :now,
    case n.status when 'active' then 'pending' else 'decided' end, :now
from {_COLUMNS}
""")

# A cancelled event has nothing to ask; one that becomes active again is asked about only when it
# never led to an invitation.
_UPDATE = text(f"""
update event e set revision = n.revision, content_hash = n.content_hash,
    touchpoint_id = n.touchpoint_id, branch_id = n.branch_id, occurred_at = n.occurred_at,
    occurred_on = n.occurred_on, person_id = n.person_id, employee = n.employee,
    vehicle_encrypted = n.vehicle, order_ref = n.order_ref, amount = n.amount,
    attributes = n.attributes::jsonb, status = n.status,
    due_at = case when e.asking = 'decided' and n.status = e.status then e.due_at else :now end,
    asking = case
        when n.status = 'cancelled' then 'decided'
        when e.asking <> 'decided' then 'pending'
        when e.status = 'cancelled'
            and not exists (select from invitation i where i.event_id = e.id) then 'pending'
        else 'decided' end
from {_COLUMNS}
where e.id = n.id
""")


def insert_events(session: Session, rows: Sequence[EventRow], now: datetime) -> None:
    """Writes new events; active ones wait for a decision from now on."""
    if rows:
        session.execute(_INSERT, {**_arrays(rows), "now": now})


def update_events(session: Session, rows: Sequence[EventRow], now: datetime) -> None:
    """Writes newer revisions; those not decided yet are decided anew."""
    if rows:
        session.execute(_UPDATE, {**_arrays(rows), "now": now})


def _arrays(rows: Sequence[EventRow]) -> dict[str, list[object]]:
    events = [row.prepared.event for row in rows]
    return {
        "id": [row.id for row in rows],
        "source": [event.source for event in events],
        "external_id": [event.external_id for event in events],
        "revision": [event.revision for event in events],
        "content_hash": [row.prepared.content_hash for row in rows],
        "touchpoint_id": [row.prepared.touchpoint_id for row in rows],
        "branch_id": [row.prepared.branch.id for row in rows],
        "occurred_at": [event.occurred_at for event in events],
        "occurred_on": [row.prepared.occurred_on for row in rows],
        "person_id": [row.person_id for row in rows],
        "employee": [event.employee for event in events],
        "vehicle": [row.vehicle_encrypted for row in rows],
        "order_ref": [None if row.erased else row.prepared.event.order for row in rows],
        "amount": [event.amount for event in events],
        "attributes": [_attributes(row) for row in rows],
        "status": ["cancelled" if event.cancelled else "active" for event in events],
    }


def _attributes(row: EventRow) -> str:
    attributes = row.prepared.event.attributes
    return "{}" if row.erased or not attributes else orjson.dumps(attributes).decode()


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
