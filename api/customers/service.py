"""Taking in events and customers: what is new, what changed, what contradicts.

A request is taken whole or not at all. People are matched across the network, which the sender may
not see; the sender's own scope is restored afterwards.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from api.core.crypto import Vault
from api.core.ids import new_id
from api.customers.errors import ItemProblem, ItemsConflict, ItemsInvalid
from api.customers.incoming import (
    PersonRecord,
    Preparation,
    PreparedEvent,
    object_key,
    prepare_events,
    prepare_people,
)
from api.customers.people import Placed, place_people
from api.customers.repository import events as store
from api.customers.repository.events import EventRow, StoredEvent
from api.customers.repository.locks import lock_identifiers
from api.customers.schemas import CustomerRecord, EventIn, EventResult, Outcome
from api.security.scope import Scope, open_scope

_EVERYONE = Scope.whole_network(reason="matching people across sources")


@contextmanager
def seeing_everyone(session: Session, limits: Scope) -> Iterator[None]:
    """Shows the transaction the whole network, and ``limits`` again afterwards."""
    open_scope(session, _EVERYONE)
    try:
        yield
    except DBAPIError:
        raise  # the transaction is over; nothing can be restored or read in it
    except BaseException:
        open_scope(session, limits)
        raise
    open_scope(session, limits)


def ingest_events(
    session: Session, events: Sequence[EventIn], *, limits: Scope, vault: Vault, now: datetime
) -> list[EventResult]:
    """Takes in a batch; the outcome of each event in its order.

    ``limits`` are the branches the sender may write to; others are *not found*. Raises
    ItemsInvalid or ItemsConflict, with every problem, before anything is written. Who calls this
    several times in one transaction calls ``lock_all_matching`` first.
    """
    with seeing_everyone(session, limits):
        places = store.load_places(session, list({e.unit for e in events}), now.date())
        made = prepare_events(events, places, vault, now)
        _refuse_foreign_units(made, limits)
        if made.problems:
            raise ItemsInvalid(sorted(made.problems, key=lambda problem: problem.index))
        lock_identifiers(session, _keys(made.events))
        keys = list({_identity(item) for item in made.events})
        plan = _planned(made.events, store.stored_events(session, keys), limits)
        _write(session, plan, vault, now)
        return plan.results


def save_customers(
    session: Session,
    records: Sequence[CustomerRecord],
    *,
    limits: Scope,
    vault: Vault,
    now: datetime,
) -> list[UUID | None]:
    """Stores customers without an event; the person of each, None for an erased one."""
    return place_customers(session, records, limits=limits, vault=vault, now=now).people


def place_customers(
    session: Session,
    records: Sequence[CustomerRecord],
    *,
    limits: Scope,
    vault: Vault,
    now: datetime,
    newer: bool = True,
) -> Placed:
    """Finds or makes the person of each customer; ``newer`` names replace the one that is known."""
    with seeing_everyone(session, limits):
        people = _sound_people(session, records, limits=limits, vault=vault, now=now, newer=newer)
        lock_identifiers(session, [i.key for person in people for i in person.identifiers])
        return place_people(session, people, vault, now)


def check_customers(
    session: Session,
    records: Sequence[CustomerRecord],
    *,
    limits: Scope,
    vault: Vault,
    now: datetime,
) -> None:
    """Raises what `place_customers` would raise; changes nothing."""
    with seeing_everyone(session, limits):
        _sound_people(session, records, limits=limits, vault=vault, now=now, newer=False)


def _sound_people(
    session: Session,
    records: Sequence[CustomerRecord],
    *,
    limits: Scope,
    vault: Vault,
    now: datetime,
    newer: bool,
) -> list[PersonRecord]:
    """The customers made ready; raises ItemsInvalid with every problem."""
    places = store.load_places(session, list({r.unit for r in records}), now.date())
    made = prepare_people(records, places, vault, now, newer=newer)
    _refuse_foreign_units(made, limits)
    if made.problems:
        raise ItemsInvalid(sorted(made.problems, key=lambda problem: problem.index))
    return made.people


@dataclass(frozen=True, slots=True)
class _Plan:
    results: list[EventResult]
    new: dict[UUID, PreparedEvent]
    changed: dict[UUID, PreparedEvent]
    revisions: dict[UUID, int]


def _refuse_foreign_units(made: Preparation, limits: Scope) -> None:
    made.problems += [
        ItemProblem(item.index, "unit", "customers.fields.unit")
        for item in made.events
        if not limits.sees(item.branch.id)
    ]
    made.problems += [
        ItemProblem(index, "unit", "customers.fields.unit")
        for index, person in enumerate(made.people)
        if not limits.sees(person.branch_id)
    ]


def _identity(item: PreparedEvent) -> tuple[str, str]:
    return item.event.source, item.event.external_id


def _keys(items: Sequence[PreparedEvent]) -> list[bytes]:
    keys = [item.key for item in items]
    keys += [i.key for item in items if item.person for i in item.person.identifiers]
    return keys


def _planned(
    items: Sequence[PreparedEvent], stored: dict[tuple[str, str], StoredEvent], limits: Scope
) -> _Plan:
    """What to do with each event, in the order sent; raises ItemsConflict."""
    plan = _Plan([], {}, {}, {})
    latest = dict(stored)
    conflicts: list[ItemProblem] = []
    for item in items:
        before = latest.get(_identity(item))
        problem = _contradiction(item, before, limits)
        if problem is not None:
            conflicts.append(problem)
            continue
        outcome = _outcome(item, before)
        event_id = before.id if before is not None else new_id()
        revision = max(item.event.revision, before.revision if before else 0)
        _note(plan, item, event_id, outcome, before)
        latest[_identity(item)] = StoredEvent(
            event_id,
            revision,
            item.content_hash,
            item.branch.id,
            "cancelled" if item.event.cancelled else "active",
            "",
        )
        plan.results.append(
            EventResult.model_construct(
                source=item.event.source,
                external_id=item.event.external_id,
                id=str(event_id),
                revision=revision,
                outcome=outcome,
            )
        )
    if conflicts:
        raise ItemsConflict(conflicts)
    return plan


def _contradiction(
    item: PreparedEvent, before: StoredEvent | None, limits: Scope
) -> ItemProblem | None:
    if before is None:
        return None
    if not limits.sees(before.branch_id):
        return ItemProblem(item.index, "external_id", "customers.fields.taken")
    if before.content_hash != item.content_hash and item.event.revision <= before.revision:
        return ItemProblem(item.index, "revision", "customers.fields.revision")
    return None


def _outcome(item: PreparedEvent, before: StoredEvent | None) -> Outcome:
    if before is not None and before.content_hash == item.content_hash:
        return "unchanged"
    if item.event.cancelled:
        return "cancelled"
    return "created" if before is None else "updated"


def _note(
    plan: _Plan, item: PreparedEvent, event_id: UUID, outcome: Outcome, before: StoredEvent | None
) -> None:
    if before is not None and outcome == "unchanged":
        if item.event.revision <= before.revision:
            return
        if event_id in plan.new:
            plan.new[event_id] = item  # the same content with a higher revision in one request
        elif event_id in plan.changed:
            plan.changed[event_id] = item
        else:
            plan.revisions[event_id] = item.event.revision
    elif before is None or event_id in plan.new:
        plan.new[event_id] = item
    else:
        plan.changed[event_id] = item
        plan.revisions.pop(event_id, None)


def _write(session: Session, plan: _Plan, vault: Vault, now: datetime) -> None:
    written = [*plan.new.items(), *plan.changed.items()]
    if written:
        placed = place_people(session, [item.person for _, item in written], vault, now)
        rows = [
            _row(event_id, item, placed.people[place], placed.erased[place], vault)
            for place, (event_id, item) in enumerate(written)
        ]
        store.insert_events(session, rows[: len(plan.new)], now)
        store.update_events(session, rows[len(plan.new) :], now)
        cancelled = [key for key, item in plan.changed.items() if item.event.cancelled]
        store.drop_planned_invitations(session, cancelled)
    store.raise_revisions(session, plan.revisions)


def _row(
    event_id: UUID, item: PreparedEvent, person: UUID | None, erased: bool, vault: Vault
) -> EventRow:
    thing = item.event.vehicle or item.event.account
    sealed = vault.encrypt(thing) if thing is not None and not erased else None
    key = None if erased else object_key(item.event, vault)
    return EventRow(event_id, item, person, sealed, key, erased)
