"""Who may match people at the same moment: two requests must never make two of one person.

A large batch takes all of matching for itself; small ones share it and lock each identifier, in
one order. Merges, reversals and erasures take all of it. Held until the transaction ends.
"""

from collections.abc import Iterable

from sqlalchemy import text
from sqlmodel import Session

_MATCHING = 7002
_IDENTIFIER = 7003
SMALL = 64  # identifiers: each one is a slot of the server's lock table

_ALL = text("select pg_advisory_xact_lock(:space, 0)")
_SHARED = text("select pg_advisory_xact_lock_shared(:space, 0)")
_EACH = text("select pg_advisory_xact_lock(:space, k.key) from unnest(cast(:keys as int[])) k(key)")


def lock_all_matching(session: Session) -> None:
    """Nobody else matches, merges or erases until this transaction ends.

    Who ingests several batches in one transaction takes this first: going from the shared lock of
    a small batch to that of a large one can deadlock.
    """
    session.execute(_ALL, {"space": _MATCHING})


def lock_identifiers(session: Session, keys: Iterable[bytes]) -> None:
    """Nobody else matches people or events by these keyed hashes until the transaction ends."""
    numbers = sorted({int.from_bytes(key[:4], "big", signed=True) for key in keys})
    if len(numbers) > SMALL:
        lock_all_matching(session)
        return
    session.execute(_SHARED, {"space": _MATCHING})
    session.execute(_EACH, {"space": _IDENTIFIER, "keys": numbers})
