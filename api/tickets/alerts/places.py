"""Where and when: the local day of a branch."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.security.hierarchy import current_hierarchy
from api.tickets.alerts import queries


def zone_of(session: Session, branch_id: int, now: datetime) -> ZoneInfo:
    """The time zone that holds at a branch."""
    default = queries.default_zone(session)
    return ZoneInfo(current_hierarchy(session, now.date()).timezone(branch_id, default))


def midnight(session: Session, branch_id: int, now: datetime) -> datetime:
    """When the branch's present day began."""
    zone = zone_of(session, branch_id, now)
    return datetime.combine(now.astimezone(zone).date(), time(), zone)


def next_at(at: time, zone: ZoneInfo, after: datetime) -> datetime:
    """The first moment later than ``after`` at which clocks of the zone show ``at``."""
    local = after.astimezone(zone)
    today = datetime.combine(local.date(), at, zone)
    return today if today > after else datetime.combine(local.date() + timedelta(days=1), at, zone)
