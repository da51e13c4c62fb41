"""A branch's day: what went out to customers, what came back. Days are those of its clock."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.core.errors import NotFound
from api.insights.own_branch.queries import Incoming, Moments, Outgoing, incoming, outgoing
from api.insights.periods import week_start
from api.insights.sight import branches_of
from api.security.hierarchy import Node
from api.security.viewer import Viewer

DEFAULT_TIMEZONE = "Asia/Shanghai"
LOOKED_BACK = timedelta(days=90)  # events whose messages and answers may still be on the way
_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class BranchDay:
    """One branch on its present day."""

    unit: Node
    today: date
    messages: Outgoing
    answers: Incoming


def require_branch(viewer: Viewer, code: str) -> Node:
    """The branch called ``code``; raises NotFound outside the scope and for other units."""
    node = viewer.require_unit_code(code)
    if not node.is_branch:
        raise NotFound(unit=code)
    return node


def branch_day(session: Session, viewer: Viewer, code: str, *, now: datetime) -> BranchDay:
    """What the branch called ``code`` sent and received until ``now``.

    Raises NotFound for what is no branch, or not the viewer's to see; NotAllowed without scores.
    """
    node = require_branch(viewer, code)
    branches_of(viewer, node)
    at = moments(now, ZoneInfo(viewer.hierarchy.timezone(node.id, DEFAULT_TIMEZONE)))
    return BranchDay(
        unit=node,
        today=at.today.date(),
        messages=outgoing(session, node.id, at),
        answers=incoming(session, node.id, at),
    )


def moments(now: datetime, zone: ZoneInfo) -> Moments:
    """Where the day, the week and the week before began in ``zone``."""
    local = now.astimezone(zone)
    today = local.date()
    monday = week_start(today)

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=zone)

    return Moments(
        now=now,
        today=midnight(today),
        tomorrow=midnight(today + _DAY),
        week=midnight(monday),
        week_before=midnight(monday - _WEEK),
        week_before_until=local - _WEEK,  # the same hour on the clock
        since=today - LOOKED_BACK,
    )
