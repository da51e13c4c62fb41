"""Receipts, and what becomes known of an address: the SQL. Decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session

_LOCK = text("""
select id, branch_id, status from invitation
where (provider_id = :provider_id and sender = :provider)
    or (id = cast(:id as uuid) and coalesce(sender, :provider) = :provider
        and (provider_id is null or provider_id = :provider_id)
        and (status in ('claimed', 'unknown', 'sent')
            or (status = 'planned' and failure = 'never_sent')))
order by provider_id nulls last limit 1 for update
""")
_INSERT = text("""
insert into receipt (id, received_at, provider, provider_id, status, error_code, invitation_id,
    branch_id, applied)
values (:id, :at, :provider, :provider_id, :status, :error_code, :invitation_id, :branch_id, false)
""")
_KEPT = text("""
select id, provider, provider_id, status, error_code, received_at from receipt
where provider = :provider and provider_id = :provider_id and not applied
order by received_at, id for update
""")
_MATCHED = text("""
select distinct r.provider, r.provider_id, i.id from receipt r
join invitation i on i.provider_id = r.provider_id and i.sender = r.provider
where not r.applied and r.received_at >= :since limit :limit
""")
_MOVE_ON = text("""
update invitation i set status = n.status,
    provider_id = coalesce(i.provider_id, n.provider_id),
    failure = case when n.status = 'undelivered' then coalesce(n.error_code, n.status) end,
    sent_at = coalesce(i.sent_at, n.at), sender = coalesce(i.sender, n.provider),
    delivered_at = case when n.status = 'delivered' then coalesce(i.delivered_at, n.at)
        else i.delivered_at end
from (select cast(:status as text) as status, cast(:provider as text) as provider,
    cast(:provider_id as text) as provider_id, cast(:error_code as text) as error_code,
    cast(:at as timestamptz) as at) n
where i.id = :id
""")
_APPLIED = text("""
update receipt r set applied = true, invitation_id = i.id, branch_id = i.branch_id
from invitation i where r.id = :receipt and r.received_at = :at and i.id = :id
""")
_SUPPRESS = text("""
insert into suppression (kind, value_hash, reason, created_at)
values (:kind, :hash, 'opt_out', :now) on conflict (kind, value_hash) do nothing
""")
_LIFT = text(
    "delete from suppression where kind = :kind and value_hash = :hash and reason = 'opt_out'"
)
_DROP_PLANNED = text("""
update invitation i set status = 'dropped', failure = 'opted_out' from contact_point c
where c.kind = :kind and c.value_hash = :hash and i.status = 'planned'
    and i.person_id = c.person_id
""")
_UNDELIVERABLE = text("""
update contact_point c set undeliverable_at = :now from invitation i
where i.id = :id and c.id = i.contact_point_id and c.undeliverable_at is null
""")
_SUPPRESS_OF = text("""
insert into suppression (kind, value_hash, reason, created_at)
select c.kind, c.value_hash, 'opt_out', :now from invitation i
join contact_point c on c.id = i.contact_point_id where i.id = :id
on conflict (kind, value_hash) do nothing
""")
# The sender stands there as a word, so that the index of these alone is used.
_AWAITED = text("""
select i.id, i.provider_id, c.value_encrypted as address_encrypted, i.sent_at from invitation i
join contact_point c on c.id = i.contact_point_id
where i.status = 'sent' and i.sender = 'domestic_sms'
    and i.sent_at > :oldest and i.sent_at <= :newest
    and not exists (
        select 1 from receipt r where r.provider = 'domestic_sms'
            and r.provider_id = coalesce(i.provider_id, cast(i.id as text))
            and r.received_at >= i.sent_at
            and r.received_at > :now - (cast(:now as timestamptz) - i.sent_at) / 2)
order by i.sent_at, i.id limit :limit
""")


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """What a provider said."""

    id: UUID
    provider: str
    provider_id: str
    status: str
    error_code: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class LockedInvitation:
    """The invitation a receipt is about; nobody else changes it until the transaction ends."""

    id: UUID
    branch_id: int
    status: str


def lock_invitation(
    session: Session, provider: str, provider_id: str, invitation_id: UUID | None
) -> LockedInvitation | None:
    """The invitation sent under ``provider_id``, or the one named that has no such id yet."""
    given = {"provider": provider, "provider_id": provider_id, "id": invitation_id}
    row = session.execute(_LOCK, given).first()
    return None if row is None else LockedInvitation(*row)


def insert_receipt(session: Session, row: ReceiptRow, about: LockedInvitation | None) -> None:
    """Stores a receipt, not yet applied."""
    session.execute(
        _INSERT,
        {
            "id": row.id,
            "at": row.received_at,
            "provider": row.provider,
            "provider_id": row.provider_id,
            "status": row.status,
            "error_code": row.error_code,
            "invitation_id": about.id if about else None,
            "branch_id": about.branch_id if about else None,
        },
    )


def kept_receipts(session: Session, provider: str, provider_id: str) -> list[ReceiptRow]:
    """Receipts of a message that were not applied yet, oldest first; locked."""
    given = {"provider": provider, "provider_id": provider_id}
    return [ReceiptRow(*row) for row in session.execute(_KEPT, given)]


def matched_receipts(session: Session, since: datetime, limit: int) -> list[tuple[str, str, UUID]]:
    """Kept receipts whose message is known: provider, its id, our invitation."""
    rows = session.execute(_MATCHED, {"since": since, "limit": limit})
    return [(provider, provider_id, invitation) for provider, provider_id, invitation in rows]


def move_on(session: Session, row: ReceiptRow, invitation_id: UUID) -> None:
    """Gives an invitation the status that a receipt says."""
    session.execute(
        _MOVE_ON,
        {
            "id": invitation_id,
            "status": row.status,
            "provider": row.provider,
            "provider_id": row.provider_id,
            "error_code": row.error_code,
            "at": row.received_at,
        },
    )


def mark_applied(session: Session, row: ReceiptRow, invitation_id: UUID) -> None:
    """Notes that a receipt was looked at, and of which invitation it speaks."""
    given = {"receipt": row.id, "at": row.received_at, "id": invitation_id}
    session.execute(_APPLIED, given)


def awaited(
    session: Session, now: datetime, oldest: datetime, newest: datetime, limit: int
) -> Sequence[Row[Any]]:
    """Messages of the domestic gateway that it told nothing of in the latter half of their age."""
    given = {"now": now, "oldest": oldest, "newest": newest, "limit": limit}
    return session.execute(_AWAITED, given).all()


def suppress_hash(session: Session, kind: str, value_hash: bytes, now: datetime) -> None:
    """Nobody writes to the address with this hash any more; what was planned is withdrawn."""
    session.execute(_SUPPRESS, {"kind": kind, "hash": value_hash, "now": now})
    session.execute(_DROP_PLANNED, {"kind": kind, "hash": value_hash})


def lift_opt_out(session: Session, kind: str, value_hash: bytes) -> None:
    """Takes back an address's own opt-out; other reasons stay."""
    session.execute(_LIFT, {"kind": kind, "hash": value_hash})


def suppress_address_of(session: Session, invitation_id: UUID, now: datetime) -> None:
    """Nobody writes any more to the address of an invitation."""
    session.execute(_SUPPRESS_OF, {"id": invitation_id, "now": now})


def mark_undeliverable(session: Session, invitation_id: UUID, now: datetime) -> None:
    """Notes that the address of an invitation does not exist."""
    session.execute(_UNDELIVERABLE, {"id": invitation_id, "now": now})
