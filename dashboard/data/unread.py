"""The number at the bell: notices that the viewer has not read."""

from api.notices.service import count_unread
from dashboard.data.sitting import Sitting


def unread(sitting: Sitting) -> int:
    """How many notices the viewer has not read."""
    return count_unread(sitting.session, sitting.viewer)
