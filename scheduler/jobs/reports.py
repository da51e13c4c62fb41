"""Makes reports that were ordered, orders those that are due, and forgets old ones.

What draws is imported when there is something to draw, so that an idle process stays small.
"""

from api.core.installation import Installation
from api.reports.orders import repository, service
from scheduler.jobs import found
from scheduler.jobs.housekeeping import claim_window

_MAKING = "api.reports.orders.making:make_next"


def make_reports(installation: Installation) -> int:
    """Makes the files of one unit; how many, 0 when nothing was ordered."""
    with installation.database.transaction() as session:
        if not repository.something_open(session):
            return 0
    made: int = found(_MAKING)(installation)
    return made


def forget_reports(installation: Installation) -> None:
    """Deletes orders with their files when they were kept long enough."""
    if not claim_window(installation, "reports", 3600):
        return
    with installation.database.transaction() as session:
        repository.forget_orders(session, service.KEPT, installation.clock())
