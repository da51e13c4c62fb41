"""Addresses that nobody writes to."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

_INSERT = text("""
insert into suppression (kind, value_hash, reason, created_at)
values (:kind, :hash, :reason, :now) on conflict (kind, value_hash) do nothing
""")
_DROP = text("""
update invitation i set status = 'dropped', failure = :reason from contact_point c
where c.kind = :kind and c.value_hash = :hash and i.contact_point_id = c.id
    and i.status = 'planned' returning i.id
""")


def suppress_address(
    session: Session, kind: str, value_hash: bytes, reason: str, now: datetime
) -> int:
    """Notes that an address must not be written to; how many planned invitations that dropped."""
    given = {"kind": kind, "hash": value_hash, "reason": reason}
    session.execute(_INSERT, {**given, "now": now})
    return len(session.execute(_DROP, given).all())
