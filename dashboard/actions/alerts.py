"""Muting alerts of a branch for a while, and ending that."""

from datetime import timedelta
from uuid import UUID

from api.core.errors import NotFound
from api.tickets.alerts.mutes import MuteWish
from api.tickets.alerts.mutes import mute as _mute
from api.tickets.alerts.mutes import unmute as _unmute
from dashboard.data.alerts import EVERY_RULE, MUTE_DAYS
from dashboard.data.sitting import Sitting


def mute(sitting: Sitting, unit: str, rule: str, days: str, reason: str) -> None:
    """Mutes one rule or all of them at a unit for some days from now."""
    length = int(days) if days in map(str, MUTE_DAYS) else MUTE_DAYS[0]
    wish = MuteWish(
        unit=unit,
        reason=reason,
        until_at=sitting.now + timedelta(days=length),
        rule=None if rule == EVERY_RULE else rule,
    )
    _mute(sitting.session, sitting.viewer, wish, sitting.now)


def end_mute(sitting: Sitting, mute_id: str) -> None:
    """Ends a mute early."""
    try:
        wanted = UUID(mute_id)
    except ValueError:
        raise NotFound from None
    _unmute(sitting.session, sitting.viewer, wanted, sitting.now)
