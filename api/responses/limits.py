"""How often a link and an address may ask: token buckets in the memory of one web process.

A link's bucket is small: nobody reads a survey forty times in a row. An address's is generous,
since thousands of customers of one mobile operator share an address; unknown links cost more, so
that guessing ends soon. With several web processes each counts for itself.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """A bucket of ``burst`` requests that fills up again by ``per_second``."""

    burst: float
    per_second: float


PER_LINK = Rate(burst=40, per_second=0.5)
PER_ADDRESS = Rate(burst=600, per_second=30)
UNKNOWN_LINK_COSTS = 20.0
_REMEMBERED = 50_000


class Buckets:
    """Token buckets by key; those that were not used for longest are forgotten."""

    def __init__(
        self,
        rate: Rate,
        *,
        clock: Callable[[], float] = time.monotonic,
        remembered: int = _REMEMBERED,
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._remembered = remembered
        self._lock = threading.Lock()
        self._levels: OrderedDict[object, tuple[float, float]] = OrderedDict()

    def take(self, key: object, cost: float = 1.0) -> float:
        """Takes ``cost``; 0 when there was enough, else the seconds until there is."""
        now = self._clock()
        with self._lock:
            level = self._level(key, now)
            missing = cost - level
            self._levels[key] = (now, level if missing > 0 else level - cost)
            self._levels.move_to_end(key)
            while len(self._levels) > self._remembered:
                self._levels.popitem(last=False)
        return max(0.0, missing) / self._rate.per_second

    def charge(self, key: object, cost: float) -> None:
        """Takes ``cost`` without asking; the bucket may run empty, not below."""
        now = self._clock()
        with self._lock:
            self._levels[key] = (now, max(0.0, self._level(key, now) - cost))

    def _level(self, key: object, now: float) -> float:
        at, level = self._levels.get(key, (now, self._rate.burst))
        return min(self._rate.burst, level + (now - at) * self._rate.per_second)


class Limits:
    """The limits of one web process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.links = Buckets(PER_LINK, clock=clock)
        self.addresses = Buckets(PER_ADDRESS, clock=clock)

    def wait(self, link: bytes, address: str) -> float:
        """0 when the request may pass, else the seconds to wait."""
        return self.addresses.take(address) or self.links.take(link)

    def unknown_link(self, address: str) -> None:
        """Charges an address for a link that leads nowhere."""
        self.addresses.charge(address, UNKNOWN_LINK_COSTS)
