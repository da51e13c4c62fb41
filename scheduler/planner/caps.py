"""How often somebody may be asked: every cap as a gate with the slots that count for it.

A cap is two-sided: it holds in every window of its length, so an invitation is not slipped in
before planned ones either.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from scheduler.planner.facts import PastInvitation
from scheduler.planner.rules import Cap, Over, Since, Timing
from scheduler.planner.timing import next_open

FLOOR = "cap"


@dataclass(frozen=True, slots=True)
class Ask:
    """What a cap looks at of the invitation in question; "" where not known."""

    touchpoint: str
    survey: str
    channel: str
    segment: str


@dataclass(frozen=True, slots=True)
class Gate:
    """A cap with the moments that occupy its slots, ascending, in UTC."""

    cap: Cap
    slots: tuple[datetime, ...]

    def taken(self, at: datetime) -> int:
        """How many slots the fullest window around ``at`` has already."""
        return occupied(at, self.slots, self.cap) if self.slots else 0

    def has_room(self, at: datetime) -> bool:
        """Whether one more at ``at`` keeps the cap."""
        return not self.slots or occupied(at, self.slots, self.cap) < self.cap.count


def code_of(cap: Cap) -> str:
    """The code of the check on ``cap``: ``cap``, or ``cap:NAME`` when it has a name of its own."""
    return FLOOR if cap.name == FLOOR else f"{FLOOR}:{cap.name}"


def holds_for(cap: Cap, ask: Ask) -> bool:
    """Whether ``cap`` is about this invitation: not excepted by segment, among those it names."""
    if ask.segment in cap.not_for:
        return False
    return not cap.only or _code(cap.over, ask) in cap.only


def gates_for(
    caps: Iterable[Cap], past: Sequence[PastInvitation], ask: Ask
) -> list[tuple[Cap, Gate | None]]:
    """Every cap with its gate; None for a cap that does not hold for this invitation.

    Parameters
    ----------
    caps : iterable of Cap
    past : sequence of PastInvitation
        In any order.
    ask : Ask

    Returns
    -------
    list of (Cap, Gate or None)
        In the order of ``caps``.
    """
    return [
        (cap, Gate(cap, _slots(cap, past, ask)) if holds_for(cap, ask) else None) for cap in caps
    ]


def _slots(cap: Cap, past: Sequence[PastInvitation], ask: Ask) -> tuple[datetime, ...]:
    moments = (_moment(cap, one) for one in past if _counts(cap, one, ask))
    return tuple(sorted(moment.astimezone(UTC) for moment in moments if moment is not None))


def _counts(cap: Cap, past: PastInvitation, ask: Ask) -> bool:
    if not past.status.occupies_slot or cap.per not in past.holders:
        return False
    return cap.over is Over.EVERYTHING or _code(cap.over, past) == _code(cap.over, ask)


def _moment(cap: Cap, past: PastInvitation) -> datetime | None:
    if cap.since is Since.COMPLETION:
        return past.completed_at
    return past.at if past.counts else None


def _code(over: Over, one: PastInvitation | Ask) -> str:
    match over:
        case Over.TOUCHPOINT:
            return one.touchpoint
        case Over.SURVEY:
            return one.survey
        case Over.CHANNEL:
            return one.channel
        case Over.EVERYTHING:
            return ""


def occupied(at: datetime, slots: Sequence[datetime], cap: Cap) -> int:
    """How many slots the fullest window of the cap that holds ``at`` has already.

    Parameters
    ----------
    at : datetime
        Aware.
    slots : sequence of datetime, ascending
        Moments that occupy a slot, before and after ``at``.
    cap : Cap
        Its windows are half-open, ``cap.days`` × 24 hours long.

    Returns
    -------
    int
        One more invitation at ``at`` keeps the cap if and only if this is below ``cap.count``.
        Later slots count too: a planned invitation must not be overtaken by a second one.
    """
    first, stop = bisect_right(slots, at - cap.window), bisect_left(slots, at + cap.window)
    if stop - first < 2:
        return stop - first
    ahead = stop - bisect_left(slots, at, first, stop)  # of the window that begins with ``at``
    starts = range(first, bisect_right(slots, at, first, stop))
    ends = [bisect_left(slots, slots[one] + cap.window, one, stop) - one for one in starts]
    return max(ahead, *ends) if ends else ahead


def next_free(
    at: datetime, gates: Sequence[Gate], timing: Timing, zone: ZoneInfo
) -> datetime | None:
    """The first moment from ``at`` on that every gate and the timing allow.

    Parameters
    ----------
    at : datetime
        Aware.
    gates : sequence of Gate
    timing : Timing
    zone : ZoneInfo

    Returns
    -------
    datetime or None
        In UTC; None when the timing never opens. A place becomes free only at ``at`` or where a
        slot leaves a window, so only those moments, moved to where the timing opens, are tried.
    """
    start = at.astimezone(UTC)
    leaving = {slot + gate.cap.window for gate in gates for slot in gate.slots}
    for moment in sorted({start, *(one for one in leaving if one > start)}):
        opened = next_open(moment, timing, zone)
        if opened is None:
            return None
        if all(gate.has_room(opened) for gate in gates):
            return opened
    raise AssertionError("after the last slot has left its window every gate has room")
