"""Addresses that nobody writes to."""

from collections.abc import Sequence
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


_INSERT_MANY = text("""
insert into suppression (kind, value_hash, reason, created_at)
select n.kind, n.hash, :reason, :now
from unnest(cast(:kinds as text[]), cast(:hashes as bytea[])) n(kind, hash)
on conflict (kind, value_hash) do nothing returning kind
""")
_DROP_MANY = text("""
update invitation i set status = 'dropped', failure = :reason, follow_up_at = null
from contact_point c join unnest(cast(:kinds as text[]), cast(:hashes as bytea[])) n(kind, hash)
    on c.kind = n.kind and c.value_hash = n.hash
where i.contact_point_id = c.id and i.status = 'planned' returning i.id
""")


def suppress_addresses(
    session: Session, addresses: Sequence[tuple[str, bytes]], reason: str, now: datetime
) -> tuple[int, int]:
    """Notes a list of addresses; how many are new, and how many plans that withdrew."""
    kinds, hashes = [kind for kind, _ in addresses], [key for _, key in addresses]
    given = {"kinds": kinds, "hashes": hashes, "reason": reason}
    new = session.execute(_INSERT_MANY, {**given, "now": now}).all()
    return len(new), len(session.execute(_DROP_MANY, given).all())


def suppress_address(
    session: Session, kind: str, value_hash: bytes, reason: str, now: datetime
) -> int:
    """Notes that an address must not be written to; how many planned invitations that dropped."""
    given = {"kind": kind, "hash": value_hash, "reason": reason}
    session.execute(_INSERT, {**given, "now": now})
    return len(session.execute(_DROP, given).all())
