"""Writes of alerts and mutes, and the taking of marks: the SQL."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel import Session

from api.core.ids import new_id
from api.tickets.alerts.queries import HELD, TOLD


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert as it is stored."""

    branch_id: int
    kind: str
    rule: str
    rules_version: int
    cause_key: str
    severity: int
    opened_at: datetime
    muted: bool = False
    response_id: UUID | None = None
    event_id: UUID | None = None
    person_id: UUID | None = None
    detail: dict[str, Any] = field(default_factory=dict)


class StoredAlert(NamedTuple):
    """What stands already under a cause."""

    id: UUID
    severity: int
    ticket_id: UUID | None
    muted: bool


class HeldAlert(NamedTuple):
    """An alert that waits for the digest; ``owner_id`` is whose ticket it opened."""

    id: UUID
    branch_id: int
    rule: str
    severity: int
    opened_at: datetime
    owner_id: UUID | None


_TAKE = text("""
delete from alert_mark where id in (
    select id from alert_mark where due_at <= :now order by due_at, id
    limit :rows for update skip locked)
returning response_id
""")
_PUT_BACK = text("""
insert into alert_mark (response_id, branch_id, due_at)
select id, branch_id, :at from response where id = :id
""")
_ADD = text("""
insert into alert (id, branch_id, kind, rule, rules_version, cause_key, severity, response_id,
    event_id, person_id, opened_at, muted, detail)
values (:id, :branch_id, :kind, :rule, :rules_version, :cause_key, :severity, :response_id,
    :event_id, :person_id, :opened_at, :muted, cast(:detail as jsonb))
on conflict (cause_key) do nothing returning id
""")
_BY_CAUSE = text(
    "select id, severity, ticket_id, muted from alert where cause_key = :key for update"
)
_GRAVER = text("""
update alert set rule = :rule, rules_version = :rules_version, severity = :severity,
    muted = :muted, detail = cast(:detail as jsonb) where id = :id
""")
_LINK = text("update alert set ticket_id = :ticket where id = :id")
_MUTED = text("""
select exists (select from alert_mute where branch_id = :branch and from_at <= :now
    and until_at > :now and ended_at is null
    and (rule = :rule or (rule is null and :all_rules)))
""")
_TOLD_SINCE = text("""
select count(*) from alert where branch_id = :branch and opened_at >= :since and opened_at <= :now
    and not muted
""")
_HELD = text(f"""
select a.id, a.branch_id, a.rule, a.severity, a.opened_at, t.owner_id
from alert a left join ticket t on t.id = a.ticket_id
where a.detail @> '{{"{HELD}": true}}' and a.opened_at >= :since order by a.opened_at, a.id
""")
_RELEASE = text(f"""
update alert set detail = detail - '{HELD}' || jsonb_build_object('{TOLD}', cast(:at as text))
where id = any (cast(:ids as uuid[])) and detail @> '{{"{HELD}": true}}' returning id
""")
_COMPLAINT = text("""
select a.cause_key from ticket t join alert a on a.ticket_id = t.id
where t.source = :source and t.external_id = :number
""")
_OF_PERSON = text("""
select cause_key from alert where person_id = :person and kind = 'complaint'
    and starts_with(cause_key, :key) order by opened_at, id limit 1
""")
_AGAIN = text("""
update alert set detail = detail
    || jsonb_build_object('again',
        coalesce(detail->'again', '[]') || to_jsonb(cast(:number as text)))
where cause_key = :key and not coalesce(detail->'again', '[]') ? :number
returning ticket_id
""")
_END = text("""
update alert set ended_at = :now where id = any (cast(:ids as uuid[])) and ended_at is null
returning id, branch_id, rule, kind, muted
""")
_ADD_MUTE = text("""
insert into alert_mute (id, branch_id, rule, reason, from_at, until_at, muted_by)
values (:id, :branch_id, :rule, :reason, :from_at, :until_at, :muted_by)
""")
_END_MUTE = text("""
update alert_mute set ended_at = :now where id = :id and ended_at is null and until_at > :now
returning branch_id
""")
_MUTE = text("select branch_id from alert_mute where id = :id")


def take_marks(session: Session, now: datetime, rows: int) -> list[UUID]:
    """Takes marks that are due from the others who work, and deletes them; each response once."""
    taken = session.execute(_TAKE, {"now": now, "rows": rows}).scalars()
    return list(dict.fromkeys(taken))


def put_mark_back(session: Session, response_id: UUID, at: datetime) -> None:
    """Has a response looked at again later."""
    session.execute(_PUT_BACK, {"id": response_id, "at": at})


def add_alert(session: Session, alert: NewAlert) -> UUID | None:
    """The new alert's id; None when its cause is known."""
    values = asdict(alert) | {"id": new_id(), "detail": orjson.dumps(alert.detail).decode()}
    made: UUID | None = session.execute(_ADD, values).scalar()
    return made


def alert_of_cause(session: Session, cause_key: str) -> StoredAlert | None:
    """What stands under a cause, locked."""
    row = session.execute(_BY_CAUSE, {"key": cause_key}).first()
    return None if row is None else StoredAlert(*row)


def make_graver(session: Session, alert_id: UUID, alert: NewAlert) -> None:
    """The same cause turned out to be graver."""
    values = {
        "id": alert_id,
        "rule": alert.rule,
        "rules_version": alert.rules_version,
        "severity": alert.severity,
        "muted": alert.muted,
        "detail": orjson.dumps(alert.detail).decode(),
    }
    session.execute(_GRAVER, values)


def link_ticket(session: Session, alert_id: UUID, ticket_id: UUID) -> None:
    """Notes which ticket an alert opened."""
    session.execute(_LINK, {"id": alert_id, "ticket": ticket_id})


def is_muted(
    session: Session, branch_id: int, rule: str, now: datetime, *, all_rules: bool
) -> bool:
    """Whether a mute holds; with ``all_rules`` those of every rule count as well."""
    values = {"branch": branch_id, "rule": rule, "now": now, "all_rules": all_rules}
    return bool(session.execute(_MUTED, values).scalar_one())


def alerts_since(session: Session, branch_id: int, since: datetime, now: datetime) -> int:
    """How many alerts of a branch were not muted since a moment."""
    values = {"branch": branch_id, "since": since, "now": now}
    return int(session.execute(_TOLD_SINCE, values).scalar_one())


def held_alerts(session: Session, since: datetime) -> list[HeldAlert]:
    """Alerts that wait for a digest, the oldest first."""
    return [HeldAlert(*row) for row in session.execute(_HELD, {"since": since})]


def release(session: Session, ids: Collection[UUID], at: datetime) -> set[UUID]:
    """Takes alerts out of what waits; those that nobody else took before."""
    released = session.execute(_RELEASE, {"ids": list(ids), "at": at.isoformat()})
    return set(released.scalars())


def cause_of_complaint(session: Session, source: str, number: str) -> str | None:
    """Under which cause another system's complaint was filed; None when it was not."""
    found: str | None = session.execute(_COMPLAINT, {"source": source, "number": number}).scalar()
    return found


def cause_of_person(session: Session, person_id: UUID, cause_key: str) -> str | None:
    """Under which cause a customer made a complaint before; None when they did not."""
    given = {"person": person_id, "key": cause_key}
    found: str | None = session.execute(_OF_PERSON, given).scalar()
    return found


def note_again(session: Session, cause_key: str, number: str) -> UUID | None:
    """Notes that a cause was filed under another number; its ticket, None when it was noted."""
    found: UUID | None = session.execute(_AGAIN, {"key": cause_key, "number": number}).scalar()
    return found


def end_alerts(session: Session, ids: Collection[UUID], now: datetime) -> list[Any]:
    """Notes that what was found is over; the alerts that were still running."""
    if not ids:
        return []
    return list(session.execute(_END, {"ids": list(ids), "now": now}).all())


def add_mute(session: Session, **values: Any) -> UUID:
    """A mute of a rule (None: of all) for one branch."""
    made = new_id()
    session.execute(_ADD_MUTE, {"id": made, **values})
    return made


def mute_branch(session: Session, mute_id: UUID) -> int | None:
    """The branch of a mute."""
    found: int | None = session.execute(_MUTE, {"id": mute_id}).scalar()
    return found


def end_mute(session: Session, mute_id: UUID, now: datetime) -> bool:
    """Ends a mute early; False when it was over."""
    return session.execute(_END_MUTE, {"id": mute_id, "now": now}).scalar() is not None
