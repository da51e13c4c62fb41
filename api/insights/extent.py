"""Where in time there are answers: so that an empty page can say where to look."""

from sqlmodel import Session

from api.insights.periods import Period
from api.insights.queries import Filters, require_metric, require_touchpoint
from api.insights.queries.extent import counted_days
from api.insights.sight import branches_of, scored_branches, some_branches
from api.security.viewer import Viewer


def answered_period(
    session: Session,
    viewer: Viewer,
    metric: str,
    *,
    unit: str | None = None,
    touchpoint: str | None = None,
) -> Period | None:
    """The days that have answers the viewer may see; None when there are none at all."""
    info = require_metric(session, metric)
    node = None if unit is None else viewer.require_unit_code(unit)
    branches = scored_branches(viewer) if node is None else branches_of(viewer, node)
    place = None if touchpoint is None else require_touchpoint(session, touchpoint)
    found = counted_days(session, info.code, Filters(some_branches(viewer, branches), place))
    return None if found is None else Period(*found)
