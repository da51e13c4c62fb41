"""From events to answers, told apart by channel, segment, touchpoint or branch; times to answer.

Counts as `queries.chains` does: an event is counted once whatever messages it took; what belongs to
its chain counts for the message that the customer had last received.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import text
from sqlmodel import Session

from api.insights.periods import Period
from api.insights.queries.chains import RANKED, narrowed

Cut = Literal["channel", "segment", "touchpoint", "branch"]

# What events and messages are told apart by; an event has no channel before it is asked about.
_OF_EVENTS = {
    "segment": """coalesce(d.segment, (select i.segment from invitation i
        where i.event_id = e.id and i.reminder_number = 0 limit 1))""",
    "touchpoint": "cast(e.touchpoint_id as text)",
    "branch": "cast(e.branch_id as text)",
}
_OF_MESSAGES = {
    "channel": "i.channel",
    "segment": "root.segment",
    "touchpoint": "cast(i.touchpoint_id as text)",
    "branch": "cast(i.branch_id as text)",
}
_EVENTS = """
    select {cut} as value, count(*) as events,
        count(*) filter (where d.action in ('send', 'hold')) as eligible
    from event e
    left join (
        select distinct on (event_id) event_id, action, segment from decision
        where decided_at >= :decided_from {where}
        order by event_id, decided_at desc, id desc
    ) d on d.event_id = e.id
    where e.occurred_on >= :start and e.occurred_on < :end and e.status = 'active'
        and e.source not like 'qr:%' {where} {touch}
    group by 1
"""
_CHAINS = """
    select value, channel, count(*) filter (where sent) as messages,
        count(*) filter (where delivered) as arrived,
        count(*) filter (where status = 'undelivered') as undelivered,
        count(*) filter (where status = 'unknown') as unknown,
        count(*) filter (where carries) as planned,
        count(*) filter (where carries and (any_sent or first_seen_at is not null
            or response is not null)) as sent,
        count(*) filter (where carries and (any_delivered or first_seen_at is not null
            or response is not null)) as delivered,
        count(*) filter (where carries and (first_seen_at is not null or response is not null))
            as opened,
        count(*) filter (where carries and response is not null) as answered,
        count(*) filter (where carries and completed_at is not null) as completed
    from ranked group by value, channel
"""
_TIMES = """
    select channel, count(*) as answers, percentile_cont(array[0.25, 0.5, 0.75, 0.9])
            within group (order by hours) as quantiles,
        {within}
    from (
        select channel, extract(epoch from completed_at - sent_at) / 3600 as hours
        from ranked where carries and completed_at >= sent_at
    ) waited
    group by grouping sets ((), (channel)) having count(*) > 0
"""


@dataclass(frozen=True, slots=True)
class EventCut:
    """Events of one value, and of these the ones that were not dropped."""

    value: str | None
    events: int
    eligible: int


@dataclass(frozen=True, slots=True)
class ChainCut:
    """Messages of one value and channel; from ``planned`` on events, each counted once."""

    value: str | None
    channel: str
    messages: int
    arrived: int
    undelivered: int
    unknown: int
    planned: int
    sent: int
    delivered: int
    opened: int
    answered: int
    completed: int


@dataclass(frozen=True, slots=True)
class Waited:
    """How long whole answers took; ``within`` counts those by each of the asked hours.

    ``channel`` None: of all channels. Quartiles and the ninth decile in hours.
    """

    channel: str | None
    answers: int
    quantiles: tuple[float, float, float, float]
    within: tuple[int, ...]


def event_cuts(
    session: Session,
    period: Period,
    branches: Collection[int] | None,
    cut: Cut,
    touchpoint: int | None = None,
) -> list[EventCut]:
    """The period's events by anything but channel."""
    clauses, values = _of_period("e", period, branches, touchpoint)
    # The same condition on two tables: decisions name the branch of their event.
    clauses["where"] = clauses["where"].replace("e.branch_id", "branch_id")
    values["decided_from"] = period.start - timedelta(days=1)
    rows = session.execute(text(_EVENTS.format(cut=_OF_EVENTS[cut], **clauses)), values)
    return [EventCut(*row) for row in rows]


def chain_cuts(
    session: Session,
    period: Period,
    branches: Collection[int] | None,
    cut: Cut,
    touchpoint: int | None = None,
) -> list[ChainCut]:
    """Messages about the period's events, by a cut and by channel."""
    clauses, values = _of_period("i", period, branches, touchpoint)
    statement = (RANKED + _CHAINS).format(cut=_OF_MESSAGES[cut], **clauses)
    return [ChainCut(*row) for row in session.execute(text(statement), values)]


def times_to_answer(
    session: Session,
    period: Period,
    branches: Collection[int] | None,
    hours: Sequence[float],
    touchpoint: int | None = None,
) -> list[Waited]:
    """From the message that was answered to its whole answer; one row per channel, one for all."""
    clauses, values = _of_period("i", period, branches, touchpoint)
    within = ", ".join(
        f"count(*) filter (where hours <= :hours_{place})" for place, _ in enumerate(hours)
    )
    values |= {f"hours_{place}": limit for place, limit in enumerate(hours)}
    statement = RANKED.format(cut="null", **clauses) + _TIMES.format(within=within)
    return [
        Waited(row[0], row[1], (row[2][0], row[2][1], row[2][2], row[2][3]), tuple(row[3:]))
        for row in session.execute(text(statement), values)
    ]


def _of_period(
    table: str, period: Period, branches: Collection[int] | None, touchpoint: int | None
) -> tuple[dict[str, str], dict[str, Any]]:
    clauses, values = narrowed(table, branches, touchpoint)
    return clauses, {**values, "start": period.start, "end": period.end}
