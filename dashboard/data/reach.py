"""How many customers could be reached by which channel."""

from api.insights.reach import ChannelReach, reach
from api.security.permissions import Permission
from dashboard.data.sitting import Sitting

__all__ = ["ChannelReach", "reach_rows"]


def reach_rows(sitting: Sitting) -> list[ChannelReach] | None:
    """Every channel for the unit of the address, else for all that is the viewer's; most first.

    None for people who see several branches under no unit of theirs: they choose one.
    """
    viewer, unit = sitting.viewer, sitting.address.unit
    viewer.require(Permission.VIEW_NETWORK)
    home = viewer.home
    if unit is None and home is not None and home.is_branch and len(viewer.scope.branches) > 1:
        return None
    found = reach(sitting.session, viewer, unit, now=sitting.now, parts=False)
    rows = [one for each in found for one in each.channels if one.addressed]
    return sorted(rows, key=lambda one: -one.reachable)
