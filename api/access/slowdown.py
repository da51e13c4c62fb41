"""How long to wait after failed log-ins. Pure: counts and moments in, a moment out.

Waiting grows with each failure and ends by itself: nobody is locked out for good. A browser that
once logged in has a count of its own, so that a stranger who fails on purpose slows down only
strangers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Patience:
    """How many failures are free, and how long one waits at most."""

    free: int
    longest: timedelta
    forgotten_after: timedelta


BY_IDENTIFIER = Patience(free=5, longest=timedelta(minutes=1), forgotten_after=timedelta(hours=1))
# Whole offices share one address.
BY_ADDRESS = Patience(free=100, longest=timedelta(minutes=1), forgotten_after=timedelta(minutes=15))


def blocked_until(patience: Patience, failures: int, now: datetime) -> datetime | None:
    """When the next attempt may be made after ``failures`` of them: 1 s, 2 s, 4 s … later."""
    beyond = failures - patience.free
    if beyond < 0:
        return None
    return now + min(timedelta(seconds=2 ** min(beyond, 20)), patience.longest)
