"""When a message that certainly was not taken is tried again, and when no more. Pure.

Each try rests twice as long as the one before, with a share of chance, so that a provider that
comes back is not met by everybody at once; the chance is drawn from the message's id.
"""

from datetime import datetime, timedelta
from hashlib import blake2b
from uuid import UUID

ATTEMPTS = 12  # over about half a day
FIRST = timedelta(seconds=30)
LONGEST = timedelta(hours=4)
_SPREAD = 0.5  # a rest lasts from half of its time to one and a half


def next_try(invitation_id: UUID, tried: int, now: datetime) -> datetime | None:
    """When to try again after ``tried`` calls (at least 1); None: it is given up."""
    if tried >= ATTEMPTS:
        return None
    rest: timedelta = min(FIRST * 2 ** (tried - 1), LONGEST)
    return now + rest * (1 - _SPREAD + 2 * _SPREAD * chance(invitation_id, tried))


def chance(invitation_id: UUID, tried: int) -> float:
    """A number from 0 to before 1, the same for the same message and try."""
    drawn = blake2b(invitation_id.bytes + tried.to_bytes(4), digest_size=8).digest()
    return (int.from_bytes(drawn) >> 11) / 2**53


def given_up(code: str) -> str:
    """The failure of a message that is not tried again, with what it failed by."""
    return f"given_up:{code}"
