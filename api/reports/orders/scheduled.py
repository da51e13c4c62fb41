"""Orders the reports that subscriptions want when their moment has come, once for each.

A moment is claimed in the transaction that places the order: of two schedulers one does, and one
that dies leaves it to the next. The period is so many full weeks before the moment.
"""

import logging
from datetime import timedelta
from typing import cast

from sqlmodel import Session

from api.core.errors import BranchpulseError
from api.core.installation import Installation
from api.insights.periods import full_weeks
from api.reports import subscriptions
from api.reports.content.blocks import Format
from api.reports.orders.service import Wish, place_order
from api.reports.repository.weekly import read_network
from api.reports.subscriptions import Due
from api.security.hierarchy import current_hierarchy
from api.security.scope import open_scope
from api.security.sessions import viewer_of_account

_log = logging.getLogger(__name__)


def order_due_reports(installation: Installation) -> int:
    """Places an order for each report that is due; how many."""
    return sum(_order_one(installation, due) for due in _due(installation))


def _due(installation: Installation) -> list[Due]:
    now = installation.clock()
    with installation.database.transaction() as session:
        network = read_network(session)
        if network is None:
            return []
        tree = current_hierarchy(session, now.date())
        return subscriptions.due_now(session, "report", tree, network.default_timezone, now)


def _order_one(installation: Installation, due: Due) -> bool:
    """True when an order was placed; one that cannot be is left out for this week."""
    one = due.subscribed
    with installation.database.transaction() as session:
        if not subscriptions.claim(session, due):
            return False
        try:
            with session.begin_nested():
                _place(session, installation, due)
        except BranchpulseError as error:
            _log.warning("report of subscription %s: %s", one.id, type(error).__name__)
            return False
    return True


def _place(session: Session, installation: Installation, due: Due) -> None:
    one, now = due.subscribed, installation.clock()
    network = read_network(session)
    assert network is not None  # it was there when the subscription was found to be due
    viewer = viewer_of_account(session, one.account_id, one.name, one.language, now)
    open_scope(session, viewer.scope)
    period = full_weeks(one.weeks or network.ranking_weeks, due.at.date())
    wish = Wish(
        unit=viewer.require_unit(one.unit_id).code,
        first=period.start,
        last=period.end - timedelta(days=1),
        language=one.language,
        formats=cast("tuple[Format, ...]", one.formats),
    )
    place_order(session, viewer, wish, now, subscription_id=one.id)
