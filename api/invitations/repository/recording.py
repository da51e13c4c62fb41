"""What senders said of claims, written in one statement for many. The SQL; decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel import Session

from api.invitations.repository.claiming import ClaimedRow
from api.invitations.repository.wire import connection_of

# Only the claimer's word counts; "sent" counts also after a callback moved the invitation on.
_RECORD = """
update invitation i set
    status = case when i.status in ('claimed', 'unknown') then n.status else i.status end,
    failure = case when i.status in ('claimed', 'unknown') then n.failure else i.failure end,
    sent_at = case when n.status = 'sent' then coalesce(i.sent_at, %(now)s) else i.sent_at end,
    parts = coalesce(n.parts, i.parts),
    provider_id = coalesce(i.provider_id, n.provider_id),
    claimed_at = case when n.status = 'planned' then null else i.claimed_at end,
    claimed_by = case when n.status = 'planned' then null else i.claimed_by end,
    sender = case when n.status = 'planned' then null else i.sender end,
    planned_at = coalesce(n.at, i.planned_at),
    attempts = i.attempts + n.tried
from json_to_recordset(%(said)s::json) n(id uuid, claimer text, status text, failure text,
    provider_id text, parts int, at timestamptz, tried int)
where i.id = n.id and i.claimed_by = n.claimer and (i.status = 'claimed'
    or n.status = 'sent' and i.status in ('unknown', 'sent', 'delivered', 'undelivered'))
returning i.id
"""
_FORGET_TOKENS = text("""
delete from survey_token t using invitation i
where i.id = any(cast(:ids as uuid[])) and t.invitation_id = coalesce(i.root_id, i.id)
    and t.message_id = i.id
""")
_EARLY = text("""
select distinct r.provider, r.provider_id from receipt r
where (r.provider, r.provider_id) in (
        select * from unnest(cast(:senders as text[]), cast(:provider_ids as text[])))
    and not r.applied and r.received_at >= :since
""")
_SUPPRESS = text("""
insert into suppression (kind, value_hash, reason, created_at)
select c.kind, c.value_hash, 'opt_out', :now from contact_point c
where c.id = any(cast(:ids as uuid[])) order by 1, 2
on conflict (kind, value_hash) do nothing
""")
_UNDELIVERABLE = text("""
update contact_point set undeliverable_at = :now
where id = any(cast(:ids as uuid[])) and undeliverable_at is null
""")
_EARLY_BY = timedelta(days=1)  # a receipt is not older than its claim, whatever the clocks say


@dataclass(frozen=True, slots=True)
class Said:
    """What came of one claim: a new status, with what belongs to it."""

    row: ClaimedRow
    status: str  # sent | undelivered | unknown | planned
    failure: str | None = None
    provider_id: str | None = None
    parts: int | None = None
    at: datetime | None = None  # planned: again then
    tried: int = 0


def record(session: Session, said: Sequence[Said], now: datetime) -> set[UUID]:
    """Writes what senders said; the ids of the claims that were still the claimer's."""
    ordered = sorted(said, key=lambda one: one.row.id.int)
    rows = [
        {
            "id": one.row.id,
            "claimer": one.row.claimer,
            "status": one.status,
            "failure": one.failure,
            "provider_id": one.provider_id,
            "parts": one.parts,
            "at": one.at,
            "tried": one.tried,
        }
        for one in ordered
    ]
    given = {"now": now, "said": orjson.dumps(rows).decode()}
    cursor = connection_of(session).cursor(binary=True).execute(_RECORD, given)
    return {row[0] for row in cursor.fetchall()}


def forget_tokens(session: Session, ids: Sequence[UUID]) -> None:
    """Deletes the links of messages that certainly were not sent: nobody was given them."""
    session.execute(_FORGET_TOKENS, {"ids": list(ids)})


def early_receipts(session: Session, said: Sequence[Said], now: datetime) -> list[tuple[str, str]]:
    """Provider and id of those messages of which the provider spoke before we knew the id."""
    named = [one for one in said if one.provider_id is not None]
    if not named:
        return []
    given = {
        "senders": [one.row.sender for one in named],
        "provider_ids": [one.provider_id for one in named],
        "since": min(now, *(one.row.claimed_at for one in named)) - _EARLY_BY,
    }
    return [(row[0], row[1]) for row in session.execute(_EARLY, given)]


def suppress(session: Session, contact_points: Sequence[UUID], now: datetime) -> None:
    """Nobody writes to these addresses any more: they opted out with the provider."""
    session.execute(_SUPPRESS, {"ids": list(contact_points), "now": now})


def mark_undeliverable(session: Session, contact_points: Sequence[UUID], now: datetime) -> None:
    """Notes that addresses do not exist."""
    session.execute(_UNDELIVERABLE, {"ids": sorted(contact_points), "now": now})
