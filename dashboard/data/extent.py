"""Where else to look: the days that have answers, when those of the page have none."""

from datetime import timedelta

from api.insights.extent import answered_period
from dashboard.data.frame import Link
from dashboard.data.periods import days_text
from dashboard.data.sitting import Sitting


def elsewhere(sitting: Sitting, metric: str, unit: str | None) -> Link | None:
    """The same page over all days with answers; None when there are none at all."""
    found = answered_period(
        sitting.session,
        sitting.viewer,
        metric,
        unit=unit,
        touchpoint=sitting.address.touchpoint,
    )
    if found is None:
        return None
    last = found.end - timedelta(days=1)
    href = sitting.address.with_(first=found.start, last=last).href
    return Link(days_text(sitting.say, found), href)
