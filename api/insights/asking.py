"""How asking goes: from events to answers for a unit and period, and what waits at this moment.

Every number of the pages about asking. Reads what the viewer may see; decides nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from api.core.errors import NotAllowed
from api.insights.periods import Period
from api.insights.queries import require_touchpoint
from api.insights.queries.chains import (
    DecisionCount,
    HeldAccount,
    HeldCount,
    MessageCount,
    PlannedCount,
    decision_counts,
    held_accounts,
    held_counts,
    message_counts,
    planned_counts,
    undecided_events,
)
from api.insights.sight import branches_of, scored_branches, some_branches
from api.security.hierarchy import Node
from api.security.permissions import Permission
from api.security.viewer import Viewer

NOT_ASKED = ("hold", "drop")


@dataclass(frozen=True, slots=True)
class ReasonShare:
    """Events that were decided so, for one reason."""

    action: str
    reason: str
    events: int


@dataclass(frozen=True, slots=True)
class ReasonDay:
    """Events of one day that were not asked about for one reason (None: all events of the day)."""

    day: date
    reason: str | None
    events: int


@dataclass(frozen=True, slots=True)
class Decided:
    """The period's events by their latest decision."""

    events: int
    undecided: int
    send: int
    hold: int
    drop: int
    reasons: list[ReasonShare]  # of those not asked, most frequent first


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages of one channel, or of all: counts of messages, then of events."""

    messages: int
    sent: int
    delivered: int
    undelivered: int
    unknown: int
    further: int
    opened: int
    answered: int
    completed: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Events that were asked about, each counted once whatever messages it took."""

    planned: int
    sent: int
    delivered: int
    opened: int
    answered: int
    completed: int


@dataclass(frozen=True, slots=True)
class DayVolume:
    """Messages sent about the events of one day, by one channel."""

    day: date
    channel: str
    sent: int
    answered: int


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits at this moment."""

    undecided: int
    planned: list[PlannedCount]
    held: list[HeldCount]
    accounts: list[HeldAccount]

    @property
    def is_empty(self) -> bool:
        """True when nothing waits."""
        return not (self.undecided or self.planned or self.held or self.accounts)


@dataclass(frozen=True, slots=True)
class Asking:
    """How asking goes for a unit, or for all that a viewer sees (``unit`` None)."""

    unit: Node | None
    period: Period
    decided: Decided
    reason_days: list[ReasonDay]
    asked: Asked
    channels: dict[str, Messages]
    days: list[DayVolume]
    queue: Queue


def asking(
    session: Session,
    viewer: Viewer,
    period: Period,
    *,
    now: datetime,
    unit: str | None = None,
    touchpoint: str | None = None,
) -> Asking:
    """The period's events and what became of them, and the queue as it stands at ``now``.

    Raises NotFound for a unit or touchpoint that is not there or not the viewer's to see.
    """
    node = None if unit is None else viewer.require_unit_code(unit)
    branches = scored_branches(viewer) if node is None else branches_of(viewer, node)
    if node is None and not branches:
        raise NotAllowed(permission=Permission.VIEW_SCORES)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    some = some_branches(viewer, branches)
    messages = message_counts(session, period, some, place)
    decisions = decision_counts(session, period, some, place)
    return Asking(
        unit=node,
        period=period,
        decided=_decided(decisions),
        reason_days=_reason_days(decisions),
        asked=_asked(messages),
        channels=_by_channel(messages),
        days=[DayVolume(row.day, row.channel, row.sent, row.answered) for row in messages],
        queue=Queue(
            undecided=undecided_events(session, some, place),
            planned=planned_counts(session, some, now, place),
            held=held_counts(session, some, now, place),
            accounts=held_accounts(session, now),
        ),
    )


def _decided(counts: Sequence[DecisionCount]) -> Decided:
    def of(action: str | None) -> int:
        return sum(one.events for one in counts if one.action == action)

    return Decided(
        events=sum(one.events for one in counts),
        undecided=of(None),
        send=of("send"),
        hold=of("hold"),
        drop=of("drop"),
        reasons=_reasons(counts),
    )


def _reasons(counts: Sequence[DecisionCount]) -> list[ReasonShare]:
    """Why events were not asked about, most frequent first."""
    found = Counter[tuple[str, str]]()
    for one in counts:
        if one.action in NOT_ASKED and one.reason is not None:
            found[one.action, one.reason] += one.events
    listed = [ReasonShare(*named, events) for named, events in found.items()]
    return sorted(listed, key=lambda one: (-one.events, one.reason, one.action))


def _reason_days(counts: Sequence[DecisionCount]) -> list[ReasonDay]:
    """All events of each day, and those not asked about by reason."""
    found = Counter[tuple[date, str | None]]()
    for one in counts:
        found[one.day, None] += one.events
        if one.action in NOT_ASKED and one.reason is not None:
            found[one.day, one.reason] += one.events
    return [ReasonDay(day, reason, events) for (day, reason), events in found.items()]


def _asked(rows: Sequence[MessageCount]) -> Asked:
    return Asked(
        planned=_sum(rows, lambda row: row.chains),
        sent=_sum(rows, lambda row: row.chains_sent),
        delivered=_sum(rows, lambda row: row.chains_delivered),
        opened=_sum(rows, lambda row: row.opened),
        answered=_sum(rows, lambda row: row.answered),
        completed=_sum(rows, lambda row: row.completed),
    )


def _by_channel(rows: Sequence[MessageCount]) -> dict[str, Messages]:
    """Channels with their messages, the one with most first."""
    named = {row.channel for row in rows}
    found = {name: _messages([row for row in rows if row.channel == name]) for name in named}
    return dict(sorted(found.items(), key=lambda item: (-item[1].messages, item[0])))


def _messages(rows: Sequence[MessageCount]) -> Messages:
    return Messages(
        messages=_sum(rows, lambda row: row.messages),
        sent=_sum(rows, lambda row: row.sent),
        delivered=_sum(rows, lambda row: row.delivered),
        undelivered=_sum(rows, lambda row: row.undelivered),
        unknown=_sum(rows, lambda row: row.unknown),
        further=_sum(rows, lambda row: row.further),
        opened=_sum(rows, lambda row: row.opened),
        answered=_sum(rows, lambda row: row.answered),
        completed=_sum(rows, lambda row: row.completed),
    )


def _sum(rows: Iterable[MessageCount], number: Callable[[MessageCount], int]) -> int:
    return sum(number(row) for row in rows)
