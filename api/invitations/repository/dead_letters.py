"""Messages that only a person can settle: reading them, and sending one again. The SQL."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from api.invitations.repository.claiming import OBSTACLE

# What stands against sending again, but for the cap: the message that is sent again fills it.
_AGAINST = f"""
case when exists (
        select from invitation s where s.root_id = coalesce(i.root_id, i.id) and s.kind = 'resend'
        and s.reminder_number > i.reminder_number) then 'already_resent'
    else {OBSTACLE} end
"""
_LETTER = f"""
select i.id, i.event_id, i.branch_id, i.channel, i.kind, i.status, coalesce(i.failure, i.status),
    i.attempts, i.sender, i.occurred_on, i.planned_at, i.claimed_at, {_AGAINST}
from invitation i join event e on e.id = i.event_id
left join invitation r on r.id = i.root_id
left join person p on p.id = i.person_id
left join contact_point c on c.id = i.contact_point_id
left join suppression own on own.kind = c.kind and own.value_hash = c.value_hash
"""
_BRANCHES = "i.branch_id = any(cast(:branches as int[]))"
_DEAD = "i.status in ('unknown', 'undelivered')"
_LIST = text(f"""
{_LETTER} where {_DEAD} and {_BRANCHES} and (cast(:at as timestamptz) is null
    or (i.planned_at, i.id) < (cast(:at as timestamptz), cast(:id as uuid)))
order by i.planned_at desc, i.id desc limit :limit
""")
_ONE = text(f"{_LETTER} where i.id = :id and {_BRANCHES}")
_COUNT = text(f"select count(*) from invitation i where {_DEAD} and {_BRANCHES}")
_LOCK = text(
    """
select coalesce(root_id, id) from invitation where id = (
    select coalesce(root_id, id) from invitation i where id = :id and """
    + _BRANCHES
    + """
) for update
"""
)
_ABOUT = text("""
select t.code, p.timezone, i.branch_id from invitation i join touchpoint t on t.id = i.touchpoint_id
left join person p on p.id = i.person_id where i.id = :id
""")
_COPY = text("""
insert into invitation (id, event_id, survey_code, survey_version_id, reminder_number, kind,
    root_id, counts, household_hash, object_hash, priority, deficit, inclusion_probability,
    channel_probability, attempts, message_version_id, rule_set_version, person_id,
    contact_point_id, branch_id, touchpoint_id, occurred_on, channel, segment, advisor, language,
    context, created_at, planned_at, send_before, expires_at, status)
select :new, i.event_id, i.survey_code, i.survey_version_id,
    (select max(o.reminder_number) + 1 from invitation o
        where o.event_id = i.event_id and o.survey_code = i.survey_code),
    'resend', coalesce(i.root_id, i.id), false, i.household_hash, i.object_hash, i.priority,
    i.deficit, i.inclusion_probability, i.channel_probability, 0, i.message_version_id,
    i.rule_set_version, i.person_id, i.contact_point_id, i.branch_id, i.touchpoint_id,
    i.occurred_on, i.channel, i.segment, i.advisor, i.language, i.context, :now, :at, :before,
    i.expires_at, 'planned'
from invitation i where i.id = :id
""")


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One message that only a person can settle; ``against``: why it may not be sent again."""

    id: UUID
    event_id: UUID
    branch_id: int
    channel: str
    kind: str
    status: str
    failure: str
    attempts: int
    sender: str | None
    occurred_on: date
    planned_at: datetime
    claimed_at: datetime | None
    against: str | None


@dataclass(frozen=True, slots=True)
class About:
    """What says when a message may go again."""

    touchpoint: str
    zone: str | None
    branch_id: int


def list_letters(
    session: Session,
    branches: list[int],
    now: datetime,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[LetterRow]:
    """The newest messages that only a person can settle."""
    at, id_ = after or (None, None)
    given = {**_judging(now), "branches": branches, "at": at, "id": id_, "limit": limit}
    return [LetterRow(*row) for row in session.execute(_LIST, given)]


def count_letters(session: Session, branches: list[int]) -> int:
    """How many there are."""
    found: int = session.execute(_COUNT, {"branches": branches}).scalar_one()
    return found


def lock_chain(session: Session, invitation_id: UUID, branches: list[int]) -> bool:
    """Holds the chain of a message until the transaction ends; False when there is none."""
    return session.execute(_LOCK, {"id": invitation_id, "branches": branches}).first() is not None


def read_letter(
    session: Session, invitation_id: UUID, branches: list[int], now: datetime
) -> LetterRow | None:
    """One message, whatever its status."""
    row = session.execute(
        _ONE, {**_judging(now), "id": invitation_id, "branches": branches}
    ).first()
    return None if row is None else LetterRow(*row)


def read_about(session: Session, invitation_id: UUID) -> About:
    """Touchpoint, the customer's zone and the branch of a message."""
    return About(*session.execute(_ABOUT, {"id": invitation_id}).one())


def insert_again(
    session: Session,
    letter: LetterRow,
    new: UUID,
    now: datetime,
    *,
    at: datetime,
    before: datetime | None,
) -> None:
    """Plans the same message once more; the one that is unknown stays as it is."""
    given = {"id": letter.id, "new": new, "now": now, "at": at, "before": before}
    session.execute(_COPY, given)


def _judging(now: datetime) -> dict[str, Any]:
    return {"now": now, "cap_from": None, "cap_count": None, "cap_not_for": []}
