"""What became of events: decisions, invitations, answers, counted; and why some were not asked.

Who answers by a printed code or at a kiosk was sent nothing: neither their events nor their
invitations are counted here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from api.insights.periods import Period


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many events of a period came how far; each step is part of the one before.

    ``eligible``: a decision was made and it was not to drop. ``sent`` and later steps count
    invitations of which a later step is known too. ``answered`` holds partial answers,
    ``completed`` only whole ones; ``unknown`` invitations may or may not have been sent.
    """

    events: int
    eligible: int
    invited: int
    sent: int
    delivered: int
    opened: int
    answered: int
    completed: int
    undelivered: int
    unknown: int
    open_links: int


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """Events that were not asked for one reason; ``held`` ones may still be."""

    reason: str
    held: bool
    events: int


_EVENTS = """
    select count(*) as events,
        count(*) filter (where e.asking <> 'pending' and d.event_id is null) as eligible
    from event e
    left join (
        select distinct event_id from decision
        where action = 'drop' and decided_at >= :start {where}) d on d.event_id = e.id
    where e.occurred_on >= :start and e.occurred_on < :end and e.status = 'active'
        and e.source not like 'qr:%' {where} {touch}
"""
_INVITATIONS = """
    select count(*) as invited,
        count(*) filter (where i.sent_at is not null or i.delivered_at is not null
            or i.first_seen_at is not null or r.id is not null) as sent,
        count(*) filter (where i.delivered_at is not null or i.first_seen_at is not null
            or r.id is not null) as delivered,
        count(*) filter (where i.first_seen_at is not null or r.id is not null) as opened,
        count(r.id) as answered, count(r.completed_at) as completed,
        count(*) filter (where i.status = 'undelivered') as undelivered,
        count(*) filter (where i.status = 'unknown') as unknown,
        count(*) filter (where r.completed_at is null and i.expires_at > :now
            and i.status in ('claimed', 'sent', 'delivered', 'unknown')) as open_links
    from invitation i left join response r on r.invitation_id = i.id
    where i.occurred_on >= :start and i.occurred_on < :end and i.reminder_number = 0
        and i.channel not in ('qr', 'kiosk') {where} {touch}
"""
_REASONS = """
    select d.reason, d.action = 'hold' as held, count(distinct e.id) as events
    from event e join decision d on d.event_id = e.id and d.decided_at >= :start
        and (d.action = 'drop' or (d.action = 'hold' and e.asking = 'held'))
    where e.occurred_on >= :start and e.occurred_on < :end and e.status = 'active' {where} {touch}
    group by d.reason, held
    order by events desc, d.reason collate "C"
"""


def funnel(
    session: Session,
    period: Period,
    branches: Collection[int] | None,
    now: datetime,
    touchpoint: int | None = None,
) -> Funnel:
    """The funnel of the visible branches, or of some of them."""
    values = _values(period, branches, touchpoint) | {"now": now}
    invited = _where("i", branches, touchpoint)
    # The same condition on two tables: decisions name the branch of their event.
    happened = {
        "where": "" if branches is None else "and branch_id = any(cast(:branches as int[]))",
        "touch": "" if touchpoint is None else "and e.touchpoint_id = :touchpoint",
    }
    events = session.execute(text(_EVENTS.format(**happened)), values).one()
    asked = session.execute(text(_INVITATIONS.format(**invited)), values).one()
    return Funnel(*events, *asked)


def reasons_not_asked(
    session: Session,
    period: Period,
    branches: Collection[int] | None,
    touchpoint: int | None = None,
) -> list[ReasonCount]:
    """Why events of the period led to no invitation, most frequent first."""
    statement = _REASONS.format(**_where("e", branches, touchpoint))
    rows = session.execute(text(statement), _values(period, branches, touchpoint))
    return [ReasonCount(row.reason, row.held, row.events) for row in rows]


def _where(table: str, branches: Collection[int] | None, touchpoint: int | None) -> dict[str, str]:
    return {
        "where": ""
        if branches is None
        else f"and {table}.branch_id = any(cast(:branches as int[]))",
        "touch": "" if touchpoint is None else f"and {table}.touchpoint_id = :touchpoint",
    }


def _values(
    period: Period, branches: Collection[int] | None, touchpoint: int | None
) -> dict[str, Any]:
    values: dict[str, Any] = {"start": period.start, "end": period.end}
    if branches is not None:
        values["branches"] = sorted(branches)
    if touchpoint is not None:
        values["touchpoint"] = touchpoint
    return values
