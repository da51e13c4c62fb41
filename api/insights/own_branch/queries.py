"""What went out to a branch's customers and what came back, counted by the moment it happened."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class Moments:
    """Where days and weeks begin for a branch; ``since`` bounds the events that are looked at.

    ``week_before`` up to before ``week_before_until`` is the week before, up to the same moment.
    """

    now: datetime
    today: datetime
    tomorrow: datetime
    week: datetime
    week_before: datetime
    week_before_until: datetime
    since: date


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Messages of a branch: waiting, due before the day ends, sent, links that can be answered."""

    waiting: int
    due_today: int
    sent_today: int
    sent_week: int
    open_links: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """Answers of a branch: today, this week, and in the week before up to the same moment."""

    today: int
    week: int
    week_before: int


_OUTGOING = """
    select count(*) filter (where i.status = 'planned') as waiting,
        count(*) filter (where i.status = 'planned' and i.planned_at < :tomorrow) as due_today,
        count(*) filter (where i.sent_at >= :today) as sent_today,
        count(*) filter (where i.sent_at >= :week) as sent_week,
        count(distinct coalesce(i.root_id, i.id)) filter (
            where i.status in ('claimed', 'sent', 'delivered', 'unknown')
                and i.expires_at > :now and r.completed_at is null) as open_links
    from invitation i
    left join response r on r.invitation_id = coalesce(i.root_id, i.id)
    where i.branch_id = :branch and i.occurred_on >= :since and i.channel not in ('qr', 'kiosk')
"""
_INCOMING = """
    select count(*) filter (where r.submitted_at >= :today) as today,
        count(*) filter (where r.submitted_at >= :week) as week,
        count(*) filter (where r.submitted_at < :week_before_until) as week_before
    from response r
    where r.branch_id = :branch and r.occurred_on >= :since and r.submitted_at >= :week_before
        and r.submitted_at <= :now
"""


def outgoing(session: Session, branch: int, at: Moments) -> Outgoing:
    """The branch's messages as they stand; who answers at a kiosk or code was sent none."""
    values = {
        "branch": branch,
        "since": at.since,
        "now": at.now,
        "today": at.today,
        "tomorrow": at.tomorrow,
        "week": at.week,
    }
    return Outgoing(*session.execute(text(_OUTGOING), values).one())


def incoming(session: Session, branch: int, at: Moments) -> Incoming:
    """The branch's answers by the moment they came, partial ones included."""
    values = {
        "branch": branch,
        "since": at.since,
        "now": at.now,
        "today": at.today,
        "week": at.week,
        "week_before": at.week_before,
        "week_before_until": at.week_before_until,
    }
    return Incoming(*session.execute(text(_INCOMING), values).one())
