"""How new the numbers are: the one cheap question that is asked every 2 seconds."""

from api.insights.freshness import data_version
from dashboard.data.sitting import Sitting


def version_now(sitting: Sitting) -> int:
    """Rises whenever anything was counted of the viewer's branches."""
    return data_version(sitting.session)
