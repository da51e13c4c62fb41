"""Claims: who sends what is due, and what may not be sent after all. The SQL.

A claim names its claimer; only that one records what came of it. Decides nothing but, in the
claim's own statement, what has changed since the plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel import Session

from api.invitations.repository.wire import as_driver, connection_of

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
# What does not count neither fills the cap nor is held by it.
_COUNTED = """
(select count(*) from invitation o where o.{holder} and o.id <> i.id and o.counts
    and coalesce(o.sent_at, o.claimed_at, o.planned_at) > cast(:cap_from as timestamptz)
    and case o.status when 'dropped' then false when 'expired' then o.sent_at is not null
        when 'planned' then (o.planned_at, o.id) < (i.planned_at, i.id) else true end)
"""
_BY_PERSON = "person_id = i.person_id"
_BY_ADDRESS = "contact_point_id = i.contact_point_id and o.person_id is distinct from i.person_id"
_ASKED_BEFORE = f"({_COUNTED.format(holder=_BY_PERSON)} + {_COUNTED.format(holder=_BY_ADDRESS)})"
_HELD = """
(select case h.reason when 'complaint' then 'open_complaint' when 'blocklist' then 'blocked'
        else h.reason end
    from person_hold h where h.person_id = i.person_id and h.closed_at is null
    order by h.reason desc limit 1)
"""
OBSTACLE = f"""
case
    when i.expires_at <= :now then 'expired'
    when coalesce(r.answered_at, i.answered_at) is not null then 'answered'
    when e.status = 'cancelled' then 'cancelled'
    when p.id is null or p.erased_at is not null or c.id is null then 'erased'
    when own.reason is not null and own.reason <> 'opt_out' then own.reason
    when own.reason is not null or exists (
        select from contact_point a join suppression s
        on s.kind = a.kind and s.value_hash = a.value_hash
        where a.person_id = i.person_id and s.reason = 'opt_out') then 'opted_out'
    when c.undeliverable_at is not null then 'no_address'
    when not {_CONSENTED} then 'no_consent'
    when i.counts and coalesce(i.segment <> all (cast(:cap_not_for as text[])), true)
        and {_ASKED_BEFORE} >= cast(:cap_count as int) then 'capped'
    else {_HELD}
end
"""
_COLUMNS = """
i.id, coalesce(i.root_id, i.id), i.branch_id, i.channel, c.kind, c.value_encrypted,
    i.contact_point_id, i.language, i.message_version_id, i.context, i.occurred_on, i.expires_at,
    i.attempts
"""
# Channels are taken in the given order: whoever changes it lets none wait behind a long queue.
_TAKE = text(f"""
with due as materialized (
    select d.id from unnest(cast(:channels as text[])) with ordinality n(channel, turn)
    cross join lateral (
        select q.id from invitation q
        where q.status = 'planned' and q.channel = n.channel and q.planned_at <= :now
            and (q.send_before is null or q.send_before > :now or q.expires_at <= :now)
        order by q.planned_at limit :limit
        for update skip locked
    ) d limit :limit
)
select {_COLUMNS}, '', cast(:claimer as text), cast(:now as timestamptz), {OBSTACLE},
    i.root_id is not null
from due join invitation i on i.id = due.id
join event e on e.id = i.event_id
left join invitation r on r.id = i.root_id
left join person p on p.id = i.person_id
left join contact_point c on c.id = i.contact_point_id
left join suppression own on own.kind = c.kind and own.value_hash = c.value_hash
""")
_CLAIM = """
with token as (
    insert into survey_token (token_hash, invitation_id, message_id, branch_id, created_at,
        expires_at)
    select t.hash, t.root, t.message, t.branch, %(now)s, t.ends
    from json_to_recordset(%(tokens)s::json)
        t(hash bytea, root uuid, message uuid, branch int, ends timestamptz)
)
update invitation i set status = n.status,
    failure = case when n.status = 'planned' and i.failure = 'never_sent' then i.failure
        else n.failure end,
    claimed_at = case when n.sender is not null then %(now)s::timestamptz end,
    claimed_by = case when n.sender is not null then %(claimer)s::text end,
    sender = n.sender, planned_at = coalesce(n.at, i.planned_at),
    send_before = case when n.anew then %(now)s else i.send_before end,
    sent_at = case when n.status = 'sent' then %(now)s::timestamptz else i.sent_at end
from json_to_recordset(%(claims)s::json)
    n(id uuid, status text, failure text, sender text, at timestamptz, anew bool)
where i.id = n.id
"""
_LIST_CALLS = text("""
insert into call_task (invitation_id, branch_id, status, call_after, call_before, appointment,
    tries)
select i.id, i.branch_id, 'waiting', :now, i.expires_at, false, 0 from invitation i
where i.id = any(cast(:ids as uuid[]))
on conflict (invitation_id) do nothing
""")
_STALE = text(f"""
with old as materialized (
    select id from invitation where status = 'claimed' and claimed_at < :before
    order by claimed_at limit :limit for update skip locked
), taken as (
    update invitation i set claimed_by = :claimer, claimed_at = :now from old where i.id = old.id
    returning i.*
)
select {_COLUMNS}, i.sender, i.claimed_by, i.claimed_at
from taken i left join contact_point c on c.id = i.contact_point_id
""")
_TOKENS = text(
    "select message_id, token_hash, created_at from survey_token "
    "where invitation_id = any(cast(:roots as uuid[])) and message_id = any(cast(:ids as uuid[]))"
)
_EXPIRE = text("""
update invitation set
    status = case when attempts > 0 then 'undelivered' else 'expired' end,
    failure = case when attempts > 0 then 'given_up:' || coalesce(failure, 'expired')
        else 'expired' end
where id in (select id from invitation where status = 'planned' and expires_at <= :now
    limit :limit for update skip locked) returning id
""")


class ClaimedRow(NamedTuple):
    """A claimed invitation with what its message needs; the address is still encrypted."""

    id: UUID
    root_id: UUID
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
    attempts: int
    sender: str
    claimer: str
    claimed_at: datetime


class DueRow(NamedTuple):
    """An invitation that this transaction holds, and what stands against sending it."""

    row: ClaimedRow
    obstacle: str | None
    follows: bool  # it is a reminder, a fall-back or sent again


@dataclass(frozen=True, slots=True)
class Claim:
    """What becomes of a due invitation. ``sender`` set: it is claimed for that one.

    ``anew``: the whole decision is to be taken again. ``at``: not before then.
    """

    id: UUID
    status: str
    failure: str | None = None
    sender: str | None = None
    at: datetime | None = None
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """The hash of a new link: of which chain, in which message."""

    hash: str  # as PostgreSQL reads bytes
    root: UUID
    message: UUID
    branch: int
    ends: datetime


@dataclass(frozen=True, slots=True)
class Limit:
    """How many sent after ``since`` leave no room for another, but in segments ``not_for``."""

    count: int | None = None
    since: datetime | None = None
    not_for: frozenset[str] = frozenset()


def token(hashed: bytes, row: ClaimedRow) -> Token:
    """The link of a claimed message."""
    return Token(f"\\x{hashed.hex()}", row.root_id, row.id, row.branch_id, row.expires_at)


_CLAIMED_FIELDS = len(ClaimedRow._fields)
_TAKE_FAST = as_driver(_TAKE)


def take_due(
    session: Session,
    claimer: str,
    channels: Sequence[str],
    now: datetime,
    *,
    limit: int,
    cap: Limit,
) -> list[DueRow]:
    """Due invitations that nobody else holds, locked, each with what stands against it now."""
    given = {
        "claimer": claimer,
        "channels": list(channels),
        "now": now,
        "limit": limit,
        "cap_count": cap.count,
        "cap_from": cap.since,
        "cap_not_for": sorted(cap.not_for),
    }
    cursor = connection_of(session).cursor(binary=True).execute(_TAKE_FAST, given)
    return [
        DueRow(ClaimedRow._make(row[:_CLAIMED_FIELDS]), *row[_CLAIMED_FIELDS:])
        for row in cursor.fetchall()
    ]


def write_claims(
    session: Session,
    claimer: str,
    claims: list[Claim],
    tokens: list[Token],
    now: datetime,
) -> None:
    """Writes what became of due invitations, and the links of those that are claimed."""
    given = {
        "claimer": claimer,
        "now": now,
        "claims": orjson.dumps(claims).decode(),
        "tokens": orjson.dumps(tokens).decode(),
    }
    connection_of(session).execute(_CLAIM, given)


def list_calls(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Puts invitations by telephone on the list of the call centre."""
    session.execute(_LIST_CALLS, {"ids": list(ids), "now": now})


def take_stale(
    session: Session, claimer: str, before: datetime, now: datetime, limit: int
) -> list[ClaimedRow]:
    """Takes over claims made before ``before``, so that nobody else settles them."""
    given = {"claimer": claimer, "before": before, "now": now, "limit": limit}
    return [ClaimedRow(*row) for row in session.execute(_STALE, given)]


def read_tokens(
    session: Session, rows: Sequence[ClaimedRow]
) -> dict[UUID, list[tuple[bytes, datetime]]]:
    """The hashes of each message's link tokens, and when each was made."""
    given = {"roots": [row.root_id for row in rows], "ids": [row.id for row in rows]}
    found: dict[UUID, list[tuple[bytes, datetime]]] = {}
    for message, hashed, made in session.execute(_TOKENS, given):
        found.setdefault(message, []).append((bytes(hashed), made))
    return found


def expire_planned(session: Session, now: datetime, limit: int) -> int:
    """Ends plans whose link would be dead already; how many."""
    return len(session.execute(_EXPIRE, {"now": now, "limit": limit}).all())
