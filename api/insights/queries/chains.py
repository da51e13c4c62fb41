"""What became of events, message by message: decisions by reason, messages by channel, the queue.

Messages are rows of the ledger; an event's messages (the first, fall-backs, reminders) are its
chain. "Opened" and "answered" are the chain's, and are counted once, for the message that the
customer had last received then. Who answers by a printed code or at a kiosk was sent nothing and is
not counted.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from api.insights.periods import Period


@dataclass(frozen=True, slots=True)
class DecisionCount:
    """Events of one day whose latest decision was this; ``action`` None: not decided yet."""

    day: date
    action: str | None
    reason: str | None
    events: int


@dataclass(frozen=True, slots=True)
class MessageCount:
    """Messages of one channel about the events of one day.

    ``chains`` counts each event once, at its last message; ``chains_sent`` and ``chains_delivered``
    are those of which any message was sent or delivered. ``further``: fall-backs, reminders and
    what a person sent again.
    """

    day: date
    channel: str
    messages: int
    sent: int
    delivered: int
    undelivered: int
    unknown: int
    further: int
    chains: int
    chains_sent: int
    chains_delivered: int
    opened: int
    answered: int
    completed: int


@dataclass(frozen=True, slots=True)
class PlannedCount:
    """Messages of one channel that wait; ``late`` ones were due more than 15 minutes ago."""

    channel: str
    messages: int
    late: int
    within_day: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class HeldCount:
    """Events that are held for one reason, and when they are looked at again."""

    reason: str
    events: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class HeldAccount:
    """An account at a provider whose quota is used up until then."""

    account: str
    until: datetime


_DECIDED = """
    select e.occurred_on as day, d.action, d.reason, count(*) as events
    from event e
    left join (
        select distinct on (event_id) event_id, action, reason from decision
        where decided_at >= :decided_from {where}
        order by event_id, decided_at desc, id desc
    ) d on d.event_id = e.id
    where e.occurred_on >= :start and e.occurred_on < :end and e.status = 'active'
        and e.source not like 'qr:%' {where} {touch}
    group by e.occurred_on, d.action, d.reason
    order by e.occurred_on, events desc, d.reason collate "C"
"""
# One row of every chain carries what belongs to the chain: the last message that had been sent when
# the customer opened it, else the last one sent. ``cut`` is what the chains are told apart by.
RANKED = """
    with message as (
        select i.occurred_on, i.channel, i.status, i.kind, coalesce(i.root_id, i.id) as chain,
            i.sent_at is not null or i.status in ('sent', 'delivered', 'undelivered') as sent,
            i.delivered_at is not null or i.status = 'delivered' as delivered, i.sent_at,
            i.reminder_number, root.first_seen_at, r.id as response, r.completed_at,
            {cut} as value
        from invitation i
        join invitation root on root.id = coalesce(i.root_id, i.id)
        left join response r on r.invitation_id = root.id
        where i.occurred_on >= :start and i.occurred_on < :end and i.status <> 'dropped'
            and i.channel not in ('qr', 'kiosk') and root.kind <> 'recovery' {where} {touch}
    ), ranked as (
        select *, row_number() over (partition by chain order by
                sent_at is not null and (first_seen_at is null or sent_at <= first_seen_at) desc,
                sent_at desc nulls last, reminder_number desc) = 1 as carries,
            bool_or(sent) over (partition by chain) as any_sent,
            bool_or(delivered) over (partition by chain) as any_delivered
        from message
    )
"""
_MESSAGES = """
    select occurred_on as day, channel, count(*) as messages,
        count(*) filter (where sent) as sent,
        count(*) filter (where delivered) as delivered,
        count(*) filter (where status = 'undelivered') as undelivered,
        count(*) filter (where status = 'unknown') as unknown,
        count(*) filter (where kind <> 'first') as further,
        count(*) filter (where carries) as chains,
        count(*) filter (where carries and (any_sent or first_seen_at is not null
            or response is not null)) as chains_sent,
        count(*) filter (where carries and (any_delivered or first_seen_at is not null
            or response is not null)) as chains_delivered,
        count(*) filter (where carries and (first_seen_at is not null or response is not null))
            as opened,
        count(*) filter (where carries and response is not null) as answered,
        count(*) filter (where carries and completed_at is not null) as completed
    from ranked group by occurred_on, channel order by occurred_on, channel collate "C"
"""
_PLANNED = """
    select i.channel, count(*) as messages,
        count(*) filter (where i.planned_at < :late) as late,
        count(*) filter (where i.planned_at < :tomorrow) as within_day,
        min(i.planned_at) as first_at, max(i.planned_at) as last_at
    from invitation i where i.status = 'planned' {where} {touch}
    group by i.channel order by messages desc, i.channel collate "C"
"""
_HELD = """
    with held as (
        select e.id, e.due_at from event e
        where e.asking = 'held' and e.status = 'active' {where} {touch}
    )
    select coalesce(d.reason, 'unknown') as reason, count(*) as events, min(h.due_at) as first_at,
        max(h.due_at) as last_at
    from held h
    left join (
        select distinct on (event_id) event_id, reason from decision
        where event_id in (select id from held) and decided_at >= :held_from
        order by event_id, decided_at desc, id desc
    ) d on d.event_id = h.id
    group by 1 order by events desc, 1
"""
_WAITING = """
    select count(*) from event e
    where e.asking = 'pending' and e.status = 'active' {where} {touch}
"""
_ACCOUNTS = "select account, held_until from provider_rate where held_until > :now order by account"
_LATE = timedelta(minutes=15)
_HELD_AT_MOST = timedelta(days=400)


def decision_counts(
    session: Session,
    period: Period,
    branches: Collection[int] | None,
    touchpoint: int | None = None,
) -> list[DecisionCount]:
    """The period's events by day, latest decision and its reason."""
    clauses, values = narrowed("e", branches, touchpoint)
    # The same condition on two tables: decisions name the branch of their event.
    clauses["where"] = clauses["where"].replace("e.branch_id", "branch_id")
    values |= {
        "start": period.start,
        "end": period.end,
        "decided_from": period.start - timedelta(days=1),
    }
    rows = session.execute(text(_DECIDED.format(**clauses)), values)
    return [DecisionCount(*row) for row in rows]


def message_counts(
    session: Session,
    period: Period,
    branches: Collection[int] | None,
    touchpoint: int | None = None,
) -> list[MessageCount]:
    """Messages about the period's events, by the day of the event and by channel."""
    clauses, values = narrowed("i", branches, touchpoint)
    values |= {"start": period.start, "end": period.end}
    rows = session.execute(text((RANKED + _MESSAGES).format(cut="null", **clauses)), values)
    return [MessageCount(*row) for row in rows]


def planned_counts(
    session: Session, branches: Collection[int] | None, now: datetime, touchpoint: int | None = None
) -> list[PlannedCount]:
    """Messages that wait to be sent, by channel."""
    clauses, values = narrowed("i", branches, touchpoint)
    values |= {"late": now - _LATE, "tomorrow": now + timedelta(days=1)}
    rows = session.execute(text(_PLANNED.format(**clauses)), values)
    return [PlannedCount(*row) for row in rows]


def held_counts(
    session: Session, branches: Collection[int] | None, now: datetime, touchpoint: int | None = None
) -> list[HeldCount]:
    """Events that are held, by the reason of their latest decision."""
    clauses, values = narrowed("e", branches, touchpoint)
    values["held_from"] = now - _HELD_AT_MOST
    rows = session.execute(text(_HELD.format(**clauses)), values)
    return [HeldCount(*row) for row in rows]


def undecided_events(
    session: Session, branches: Collection[int] | None, touchpoint: int | None = None
) -> int:
    """Events that nobody has decided yet."""
    clauses, values = narrowed("e", branches, touchpoint)
    found: int = session.execute(text(_WAITING.format(**clauses)), values).scalar_one()
    return found


def held_accounts(session: Session, now: datetime) -> list[HeldAccount]:
    """Providers' accounts that may not send for a while."""
    return [HeldAccount(*row) for row in session.execute(text(_ACCOUNTS), {"now": now})]


def narrowed(
    table: str, branches: Collection[int] | None, touchpoint: int | None
) -> tuple[dict[str, str], dict[str, Any]]:
    """The clauses that leave some branches and a touchpoint of ``table``, and their values."""
    clauses, values = {"where": "", "touch": ""}, dict[str, Any]()
    if branches is not None:
        clauses["where"] = f"and {table}.branch_id = any(cast(:branches as int[]))"
        values["branches"] = sorted(branches)
    if touchpoint is not None:
        clauses["touch"] = f"and {table}.touchpoint_id = :touchpoint"
        values["touchpoint"] = touchpoint
    return clauses, values
