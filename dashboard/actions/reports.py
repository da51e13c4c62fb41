"""Ordering reports, by a form or at once, stopping and resuming what was ordered."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from api.core.errors import NotFound
from api.core.languages import spoken
from api.reports.content.blocks import FORMATS
from api.reports.orders import service
from api.reports.orders.service import Wish
from api.security.hierarchy import Node
from dashboard.data.frame import reported_unit
from dashboard.data.periods import shown_period
from dashboard.data.reports import subject
from dashboard.data.sitting import Sitting

__all__ = ["FORMATS"]


def order(sitting: Sitting, formats: Collection[str], language: str, *, pack: bool) -> UUID:
    """Orders reports of the unit and the days that the form is about."""
    unit = subject(sitting)
    if unit is None:
        raise NotFound
    chosen = tuple(one for one in FORMATS if one in formats)
    wish = replace(_wish(sitting, unit), language=spoken(language), formats=chosen, pack=pack)
    return service.place_order(sitting.session, sitting.viewer, wish, sitting.now)


def order_shown(sitting: Sitting) -> UUID:
    """Orders the PDF of what the page shows, once for the same numbers."""
    unit = reported_unit(sitting)
    if unit is None:
        raise NotFound
    return service.place_once(sitting.session, sitting.viewer, _wish(sitting, unit), sitting.now)


def _wish(sitting: Sitting, unit: Node) -> Wish:
    period = shown_period(sitting)
    last = period.end - timedelta(days=1)
    return Wish(unit.code, period.start, last, sitting.language, ("pdf",))


def cancel(sitting: Sitting, order_id: UUID) -> None:
    """Stops making what is not made yet."""
    service.cancel_order(sitting.session, sitting.viewer, order_id, sitting.now)


def resume(sitting: Sitting, order_id: UUID) -> None:
    """Makes what was stopped or failed."""
    service.resume_order(sitting.session, sitting.viewer, order_id)
