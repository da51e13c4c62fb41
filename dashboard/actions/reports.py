"""Ordering reports, stopping and resuming what was ordered."""

from collections.abc import Collection
from uuid import UUID

from api.core.errors import NotFound
from api.core.languages import spoken
from api.reports.content.blocks import FORMATS
from api.reports.orders import service
from api.reports.orders.service import Wish
from dashboard.data.periods import shown_period
from dashboard.data.reports import subject
from dashboard.data.sitting import Sitting

__all__ = ["FORMATS"]


def order(sitting: Sitting, formats: Collection[str], language: str, *, pack: bool) -> UUID:
    """Orders reports of the unit and the days that the page is about."""
    unit, period = subject(sitting), shown_period(sitting)
    if unit is None:
        raise NotFound
    wish = Wish(
        unit=unit.code,
        first=period.start,
        last=period.end.fromordinal(period.end.toordinal() - 1),
        language=spoken(language),
        formats=tuple(one for one in FORMATS if one in formats),
        pack=pack,
    )
    return service.place_order(sitting.session, sitting.viewer, wish, sitting.now)


def cancel(sitting: Sitting, order_id: UUID) -> None:
    """Stops making what is not made yet."""
    service.cancel_order(sitting.session, sitting.viewer, order_id, sitting.now)


def resume(sitting: Sitting, order_id: UUID) -> None:
    """Makes what was stopped or failed."""
    service.resume_order(sitting.session, sitting.viewer, order_id)
