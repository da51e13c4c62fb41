"""Claims, receipts of senders, and what becomes of claims without one: the SQL.

A claim names its claimer; only that one records what came of it. Decides nothing but, in the
claim's own statement, what may not be sent after all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

# The latest statement on the channel, or on any, must be a consent that stands.
_CONSENTED = """
coalesce((
    select o.granted and (o.withdrawn_at is null or o.withdrawn_at > :now) from consent o
    where o.person_id = i.person_id and o.purpose = 'survey' and o.channel in (i.channel, 'any')
        and o.given_at <= :now
    order by greatest(o.given_at, case when o.withdrawn_at <= :now then o.withdrawn_at end) desc,
        (o.granted and (o.withdrawn_at is null or o.withdrawn_at > :now))
    limit 1), false)
"""
# Sent within the window, or planned before this one: two plans meet when two persons turn out to
# be one. Of those only the first may go; without any lock, since everybody sees the same order.
_AT = "coalesce(o.sent_at, o.claimed_at, o.planned_at)"
_ASKED_BEFORE = f"""
(select count(*) from invitation o
    where (o.person_id = i.person_id or o.contact_point_id = i.contact_point_id) and o.id <> i.id
        and {_AT} > cast(:cap_from as timestamptz)
        and case o.status when 'dropped' then false when 'expired' then o.sent_at is not null
            when 'planned' then (o.planned_at, o.id) < (i.planned_at, i.id) else true end)
"""
_OBSTACLE = f"""
case
    when i.expires_at <= :now then 'expired'
    when e.status = 'cancelled' then 'cancelled'
    when p.id is null or p.erased_at is not null or c.id is null then 'erased'
    when own.reason is not null and own.reason <> 'opt_out' then own.reason
    when own.reason is not null or exists (
        select from contact_point a join suppression s
        on s.kind = a.kind and s.value_hash = a.value_hash
        where a.person_id = i.person_id and s.reason = 'opt_out') then 'opted_out'
    when c.undeliverable_at is not null then 'no_address'
    when not {_CONSENTED} then 'no_consent'
    when {_ASKED_BEFORE} >= cast(:cap_count as int) then 'capped'
end
"""
_CLAIM = text(f"""
with due as materialized (
    select i.id from invitation i
    where i.status = 'planned' and i.planned_at <= :now
        and (i.send_before is null or i.send_before > :now or i.expires_at <= :now)
    order by i.planned_at, i.id limit :limit
    for update skip locked
), judged as (
    select i.id, {_OBSTACLE} as obstacle
    from due join invitation i on i.id = due.id
    join event e on e.id = i.event_id
    left join person p on p.id = i.person_id
    left join contact_point c on c.id = i.contact_point_id
    left join suppression own on own.kind = c.kind and own.value_hash = c.value_hash
)
update invitation i set
    status = case when j.obstacle is null then 'claimed' when j.obstacle = 'capped' then 'planned'
        when j.obstacle = 'expired' then 'expired' else 'dropped' end,
    send_before = case when j.obstacle = 'capped' then :now else i.send_before end,
    failure = j.obstacle,
    claimed_at = case when j.obstacle is null then cast(:now as timestamptz) end,
    claimed_by = case when j.obstacle is null then cast(:claimer as text) end,
    sender = case when j.obstacle is null then s.sender end
from judged j, unnest(cast(:channels as text[]), cast(:senders as text[])) s(channel, sender)
where i.id = j.id and s.channel = i.channel
returning i.id, i.status
""")
_CLAIMED = text("""
select i.id, i.branch_id, i.channel, c.kind, c.value_encrypted, i.contact_point_id, i.language,
    i.message_version_id, i.context, i.occurred_on, i.expires_at, i.sender, i.claimed_by,
    i.claimed_at
from invitation i left join contact_point c on c.id = i.contact_point_id
where i.id = any(cast(:ids as uuid[])) order by i.planned_at, i.id
""")
_INSERT_TOKENS = text("""
insert into survey_token (token_hash, invitation_id, branch_id, created_at, expires_at)
select n.*, :now, i.expires_at from unnest(cast(:hashes as bytea[]), cast(:ids as uuid[]),
    cast(:branches as int[])) n(token_hash, invitation_id, branch_id)
join invitation i on i.id = n.invitation_id
""")
_SENT = text("""
update invitation set sent_at = coalesce(sent_at, :now), parts = coalesce(:parts, parts),
    status = case when status in ('claimed', 'unknown') then 'sent' else status end,
    failure = case when status in ('claimed', 'unknown') then null else failure end,
    provider_id = coalesce(provider_id, :provider_id)
where id = :id and claimed_by = :claimer
    and status in ('claimed', 'unknown', 'sent', 'delivered', 'undelivered')
returning id
""")
_SETTLED = text("""
update invitation set status = :status, failure = :failure, parts = coalesce(:parts, parts)
where id = :id and claimed_by = :claimer and status = 'claimed' returning id
""")
_PUT_BACK = text("""
update invitation set status = 'planned', failure = :failure, claimed_at = null,
    claimed_by = null, sender = null, planned_at = :at
where id = :id and claimed_by = :claimer and status = 'claimed' returning id
""")
_FORGET_TOKENS = text("delete from survey_token where invitation_id = :id")
_STALE = text("""
update invitation i set claimed_by = :claimer, claimed_at = :now
from (
    select id, claimed_at from invitation where status = 'claimed' and claimed_at < :before
    order by claimed_at limit :limit for update skip locked
) old
where i.id = old.id returning i.id, old.claimed_at
""")
_TOKENS = text("select token_hash, created_at from survey_token where invitation_id = :id")
_EXPIRE = text("""
update invitation set status = 'expired', failure = 'expired'
where id in (select id from invitation where status = 'planned' and expires_at <= :now
    limit :limit for update skip locked) returning id
""")
_SUPPRESS = text("""
insert into suppression (kind, value_hash, reason, created_at)
select c.kind, c.value_hash, :reason, :now from contact_point c where c.id = :id
on conflict (kind, value_hash) do nothing
""")
_UNDELIVERABLE = text(
    "update contact_point set undeliverable_at = :now where id = :id and undeliverable_at is null"
)


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """A claimed invitation with what its message needs; the address is still encrypted."""

    id: UUID
    branch_id: int
    channel: str
    kind: str | None
    address_encrypted: bytes | None
    contact_point_id: UUID | None
    language: str
    message_version_id: int | None
    context: dict[str, Any]
    occurred_on: date
    expires_at: datetime
    sender: str
    claimer: str
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class Limit:
    """How many invitations sent after ``since`` leave no room for another."""

    count: int | None = None
    since: datetime | None = None


def claim(
    session: Session,
    claimer: str,
    senders: Mapping[str, str],
    now: datetime,
    *,
    limit: int,
    cap: Limit,
) -> tuple[list[UUID], int]:
    """Claims due invitations, and ends those that may not be sent after all.

    ``senders`` names the sender of each channel. One that would break the cap is left to be planned
    anew. Returns the ids claimed, and how many were not.
    """
    given = {
        "claimer": claimer,
        "channels": list(senders),
        "senders": list(senders.values()),
        "now": now,
        "limit": limit,
        "cap_count": cap.count,
        "cap_from": cap.since,
    }
    rows = session.execute(_CLAIM, given).all()
    claimed = [row[0] for row in rows if row[1] == "claimed"]
    return claimed, len(rows) - len(claimed)


def read_claimed(session: Session, ids: Sequence[UUID]) -> list[ClaimedRow]:
    """The claimed invitations, in the order in which they were planned."""
    return [ClaimedRow(*row) for row in session.execute(_CLAIMED, {"ids": list(ids)})]


def insert_tokens(
    session: Session, tokens: Sequence[tuple[bytes, UUID, int]], now: datetime
) -> None:
    """Stores hashes of link tokens: hash, invitation, branch."""
    given = {
        "hashes": [one[0] for one in tokens],
        "ids": [one[1] for one in tokens],
        "branches": [one[2] for one in tokens],
    }
    session.execute(_INSERT_TOKENS, {**given, "now": now})


def mark_sent(
    session: Session, row: ClaimedRow, provider_id: str | None, parts: int | None, now: datetime
) -> bool:
    """Notes that the provider took the message; False when the claim is no longer ours."""
    given = {"id": row.id, "claimer": row.claimer, "provider_id": provider_id}
    return session.execute(_SENT, {**given, "parts": parts, "now": now}).first() is not None


def settle(session: Session, row: ClaimedRow, status: str, failure: str) -> bool:
    """Ends a claim without a receipt; False when it is no longer ours."""
    given = {"id": row.id, "claimer": row.claimer, "status": status, "failure": failure}
    return session.execute(_SETTLED, {**given, "parts": None}).first() is not None


def put_back(session: Session, row: ClaimedRow, failure: str, at: datetime) -> bool:
    """Makes a claim that certainly sent nothing a plan again; its links were never given out."""
    given = {"id": row.id, "claimer": row.claimer, "failure": failure, "at": at}
    if session.execute(_PUT_BACK, given).first() is None:
        return False
    session.execute(_FORGET_TOKENS, {"id": row.id})
    return True


def take_stale(
    session: Session, claimer: str, before: datetime, now: datetime, limit: int
) -> list[UUID]:
    """Takes over claims made before ``before``, so that nobody else settles them."""
    given = {"claimer": claimer, "before": before, "now": now, "limit": limit}
    return list(session.execute(_STALE, given).scalars())


def read_tokens(session: Session, invitation_id: UUID) -> list[tuple[bytes, datetime]]:
    """The hashes of an invitation's link tokens, and when each was made."""
    rows = session.execute(_TOKENS, {"id": invitation_id})
    return [(bytes(hashed), made) for hashed, made in rows]


def expire_planned(session: Session, now: datetime, limit: int) -> int:
    """Ends plans whose link would be dead already; how many."""
    return len(session.execute(_EXPIRE, {"now": now, "limit": limit}).all())


def suppress(session: Session, contact_point_id: UUID, reason: str, now: datetime) -> None:
    """Nobody writes to this address any more."""
    session.execute(_SUPPRESS, {"id": contact_point_id, "reason": reason, "now": now})


def mark_undeliverable(session: Session, contact_point_id: UUID, now: datetime) -> None:
    """Notes that an address does not exist."""
    session.execute(_UNDELIVERABLE, {"id": contact_point_id, "now": now})
