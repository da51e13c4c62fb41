"""The list, its claims and outcomes: the SQL.

A claim is a compare-and-set on the task's row: two interviewers never get one customer. What may
stand against asking is looked at again in the claim's own statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.core.ids import new_id
from api.invitations.repository.claiming import OBSTACLE

_OPEN = (
    "(t.status = 'waiting' or (t.status = 'claimed' and t.claimed_at <= :lapsed)) "
    "and t.call_before > :now"
)
_ZONE = "coalesce(p.timezone, b.zone)"
_READY = (
    f"(t.call_after <= :now and (t.appointment or (tp.code || ' ' || {_ZONE}) "
    "= any(cast(:hours as text[]))))"
)
_TASKS = """
from call_task t join invitation i on i.id = t.invitation_id
join unnest(cast(:branches as int[]), cast(:zones as text[])) b(branch_id, zone)
    on b.branch_id = t.branch_id
join touchpoint tp on tp.id = i.touchpoint_id
left join person p on p.id = i.person_id
"""
_JUDGED = """
join event e on e.id = i.event_id
left join invitation r on r.id = i.root_id
left join contact_point c on c.id = i.contact_point_id
left join suppression own on own.kind = c.kind and own.value_hash = c.value_hash
"""
_PLACES = text(f"select distinct tp.code, {_ZONE} {_TASKS} where {_OPEN}")
_LIST = text(f"""
select t.invitation_id, t.branch_id, tp.name_zh, tp.name_en, i.occurred_on, t.call_after,
    t.call_before, t.appointment, t.tries, {_ZONE}, {_READY} as ready
{_TASKS} where {_OPEN}
order by {_READY} desc, t.appointment desc, t.call_after, t.invitation_id limit :limit
""")
_COUNT = text(f"select count(*) filter (where {_READY}), count(*) {_TASKS} where {_OPEN}")
_TODAY = text("""
select count(*), count(*) filter (where outcome = 'answered'),
    count(*) filter (where outcome = 'appointment')
from call_try where account_id = :account and at >= :since
""")
_NEXT = text(f"""
with due as materialized (
    select t.invitation_id {_TASKS} {_JUDGED}
    where {_OPEN} and {_READY} and {OBSTACLE} is null
    order by t.appointment desc, t.call_after, t.invitation_id limit 1
    for update of t skip locked
)
update call_task t set status = 'claimed', claimed_by = :account, claimed_at = :now
from due where t.invitation_id = due.invitation_id returning t.invitation_id
""")
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(7101, hashtext(cast(:account as text)))")
_MINE = text(
    "select invitation_id from call_task where claimed_by = :account and status = 'claimed' "
    "and claimed_at > :lapsed order by claimed_at desc limit 1"
)
_TASK = text("""
select t.invitation_id, coalesce(i.root_id, i.id), t.branch_id, t.status, t.call_before,
    t.appointment, t.call_after, t.claimed_by, t.claimed_at, t.tries, t.outcome, i.person_id,
    i.contact_point_id, i.occurred_on, i.language, coalesce(r.answered_at, i.answered_at),
    p.name_encrypted, p.timezone, tp.name_zh, tp.name_en
from call_task t join invitation i on i.id = t.invitation_id
join touchpoint tp on tp.id = i.touchpoint_id
left join invitation r on r.id = i.root_id
left join person p on p.id = i.person_id
where t.invitation_id = :id and t.branch_id = any(cast(:branches as int[]))
""")
_LOCK = text("select from call_task where invitation_id = :id for update")
_OBSTACLE_OF = text(f"""
select {OBSTACLE} from invitation i left join person p on p.id = i.person_id {_JUDGED}
where i.id = :id
""")
_CONTACT = text(
    "select c.id, c.kind, c.value_hash, c.value_encrypted from contact_point c where c.id = :id"
)
_RENEW = text("update call_task set claimed_at = :now where invitation_id = :id")
_SETTLE = text("""
update call_task set status = cast(:status as text), outcome = :outcome, tries = :tries,
    appointment = :appointment, call_after = coalesce(:call_after, call_after),
    claimed_by = case when cast(:status as text) = 'waiting' then null else claimed_by end,
    claimed_at = case when cast(:status as text) = 'waiting' then null else claimed_at end,
    settled_at = case when cast(:status as text) in ('done', 'gone')
        then cast(:now as timestamptz) end
where invitation_id = :id
""")
_TRY = text("""
insert into call_try (id, invitation_id, branch_id, account_id, at, outcome, appointment_at)
values (:try, :id, :branch, :account, :now, :outcome, :appointment_at)
""")
_RELEASE = text(
    "update call_task set status = 'waiting', claimed_by = null, claimed_at = null "
    "where invitation_id = :id"
)
_END_FORMS = text(
    "update survey_token set dead_at = :now where message_id = :id and dead_at is null"
)
_FORM = text("""
insert into survey_token (token_hash, invitation_id, message_id, branch_id, created_at, expires_at)
values (:hash, :root, :id, :branch, :now, :ends)
""")
_MESSAGE = text("""
update invitation set status = cast(:status as text), failure = :failure,
    delivered_at = case when cast(:status as text) = 'delivered' then coalesce(delivered_at, :now)
        else delivered_at end
where id = :id and status in ('sent', 'delivered', 'undelivered', 'unknown')
""")
_STOP = text("update invitation set follow_up_at = null where id = :root")
_SOON = text(
    "update invitation set follow_up_at = :now "
    "where id = :root and follow_up_at > :now and answered_at is null"
)
_SWEEP = text(f"""
with over as materialized (
    select t.invitation_id from call_task t join invitation i on i.id = t.invitation_id
    left join person p on p.id = i.person_id {_JUDGED}
    where (t.status = 'waiting' or (t.status = 'claimed' and t.claimed_at <= :lapsed))
        and (t.call_before <= :now
            or coalesce({OBSTACLE}, 'open_complaint') not in ('open_complaint', 'blocked'))
    limit :limit for update of t skip locked
)
update call_task t set status = 'gone', claimed_by = null, claimed_at = null, settled_at = :now
from over where t.invitation_id = over.invitation_id returning t.invitation_id
""")
# The list keeps the caps as they were when the invitation was planned.
_UNCAPPED: dict[str, Any] = {"cap_from": None, "cap_count": None, "cap_not_for": []}


@dataclass(frozen=True)
class Place:
    """Branches that an interviewer may call for, their time zones, and since when claims hold."""

    branches: Sequence[int]
    zones: Sequence[str]
    now: datetime
    lapsed: datetime  # claims made before are free again

    def given(self) -> dict[str, Any]:
        """For the statements' parameters."""
        return {**vars(self), "branches": list(self.branches), "zones": list(self.zones)}


@dataclass(frozen=True)
class Listed:
    """A call of the list; nothing personal."""

    invitation_id: UUID
    branch_id: int
    occasion_zh: str
    occasion_en: str
    occurred_on: date
    call_after: datetime
    call_before: datetime
    appointment: bool
    tries: int
    zone: str
    ready: bool


@dataclass(frozen=True)
class TaskRow:
    """A call with what the interviewer needs; the name is still encrypted."""

    invitation_id: UUID
    root_id: UUID
    branch_id: int
    status: str
    call_before: datetime
    appointment: bool
    call_after: datetime
    claimed_by: UUID | None
    claimed_at: datetime | None
    tries: int
    outcome: str | None
    person_id: UUID | None
    contact_point_id: UUID | None
    occurred_on: date
    language: str
    answered_at: datetime | None
    name_encrypted: bytes | None
    timezone: str | None
    occasion_zh: str
    occasion_en: str


@dataclass(frozen=True)
class Contact:
    """The number to call, encrypted."""

    id: UUID
    kind: str
    value_hash: bytes
    value_encrypted: bytes


@dataclass(frozen=True)
class Settled:
    """What an outcome makes of a task."""

    status: str
    outcome: str | None
    tries: int
    call_after: datetime | None = None
    appointment: bool = False


def touchpoints_and_zones(session: Session, place: Place) -> list[tuple[str, str]]:
    """Which touchpoints wait in which time zones."""
    return [(row[0], row[1]) for row in session.execute(_PLACES, place.given())]


def list_open(session: Session, place: Place, hours: Sequence[str], limit: int) -> list[Listed]:
    """What waits: to be called now first, of these appointments first."""
    given = {**place.given(), "hours": list(hours), "limit": limit}
    return [Listed(*row) for row in session.execute(_LIST, given)]


def count_open(session: Session, place: Place, hours: Sequence[str]) -> tuple[int, int]:
    """How many may be called now, and how many wait in all."""
    row = session.execute(_COUNT, {**place.given(), "hours": list(hours)}).one()
    return int(row[0]), int(row[1])


def count_tries(session: Session, account: UUID, since: datetime) -> tuple[int, int, int]:
    """An interviewer's calls since a moment: all, answered, appointments made."""
    row = session.execute(_TODAY, {"account": account, "since": since}).one()
    return int(row[0]), int(row[1]), int(row[2])


def lock_interviewer(session: Session, account: UUID) -> None:
    """Makes an interviewer's own requests wait for one another: one call at a time."""
    session.execute(_ONE_AT_A_TIME, {"account": account})


def current_of(session: Session, account: UUID, lapsed: datetime) -> UUID | None:
    """The call that an interviewer has claimed."""
    found: UUID | None = session.execute(_MINE, {"account": account, "lapsed": lapsed}).scalar()
    return found


def claim_next(session: Session, place: Place, hours: Sequence[str], account: UUID) -> UUID | None:
    """Claims the call that is first in turn; None when there is none."""
    given = {**place.given(), **_UNCAPPED, "hours": list(hours), "account": account}
    found: UUID | None = session.execute(_NEXT, given).scalar()
    return found


def read_task(
    session: Session, invitation_id: UUID, branches: Sequence[int], *, lock: bool = False
) -> TaskRow | None:
    """A call at one of these branches."""
    given = {"id": invitation_id, "branches": list(branches)}
    if lock and session.execute(_TASK, given).first() is not None:
        session.execute(_LOCK, {"id": invitation_id})
    row = session.execute(_TASK, given).first()
    return None if row is None else TaskRow(*row)


def obstacle_of(session: Session, invitation_id: UUID, now: datetime) -> str | None:
    """What stands against asking the customer of this invitation now."""
    given = {"id": invitation_id, "now": now, **_UNCAPPED}
    found: str | None = session.execute(_OBSTACLE_OF, given).scalar()
    return found


def read_contact(session: Session, contact_point_id: UUID) -> Contact | None:
    """A contact point, encrypted."""
    row = session.execute(_CONTACT, {"id": contact_point_id}).first()
    return None if row is None else Contact(row[0], row[1], bytes(row[2]), bytes(row[3]))


def renew(session: Session, invitation_id: UUID, now: datetime) -> None:
    """A claim begins anew."""
    session.execute(_RENEW, {"id": invitation_id, "now": now})


def release(session: Session, invitation_id: UUID) -> None:
    """Gives a claim back."""
    session.execute(_RELEASE, {"id": invitation_id})


def settle(session: Session, invitation_id: UUID, became: Settled, now: datetime) -> None:
    """Stores what became of a task."""
    session.execute(_SETTLE, {**vars(became), "id": invitation_id, "now": now})


def add_try(
    session: Session,
    task: TaskRow,
    account: UUID,
    outcome: str,
    appointment_at: datetime | None,
    *,
    now: datetime,
) -> None:
    """Notes one call."""
    session.execute(
        _TRY,
        {
            "try": new_id(),
            "id": task.invitation_id,
            "branch": task.branch_id,
            "account": account,
            "now": now,
            "outcome": outcome,
            "appointment_at": appointment_at,
        },
    )


def end_forms(session: Session, invitation_id: UUID, now: datetime) -> None:
    """Ends the links that were made for interviewers of this call."""
    session.execute(_END_FORMS, {"id": invitation_id, "now": now})


def add_form(
    session: Session, task: TaskRow, token_hash: bytes, ends: datetime, now: datetime
) -> None:
    """Stores the hash of an interviewer's link."""
    given = {"hash": token_hash, "root": task.root_id, "id": task.invitation_id}
    session.execute(_FORM, {**given, "branch": task.branch_id, "now": now, "ends": ends})


def move_message(
    session: Session, task: TaskRow, status: str, failure: str | None, now: datetime
) -> None:
    """What the call says of its invitation: reached or not."""
    given = {"id": task.invitation_id, "status": status, "failure": failure, "now": now}
    session.execute(_MESSAGE, given)


def stop_chain(session: Session, task: TaskRow) -> None:
    """No reminder and no fall-back follows."""
    session.execute(_STOP, {"root": task.root_id})


def follow_soon(session: Session, task: TaskRow, now: datetime) -> None:
    """Whoever follows chains looks at this one at once: another channel may be next."""
    session.execute(_SOON, {"root": task.root_id, "now": now})


def sweep(session: Session, now: datetime, lapsed: datetime, limit: int) -> int:
    """Takes calls from the list that may not be made any more; how many."""
    given = {"now": now, "lapsed": lapsed, "limit": limit, **_UNCAPPED}
    return len(session.execute(_SWEEP, given).all())
