"""What the leader does for notices: old ones are forgotten."""

from datetime import timedelta

from api.core.installation import Installation
from api.notices.queries import forget_notices

KEPT = timedelta(days=180)


def forget_old_notices(installation: Installation) -> int:
    """Deletes notices of more than half a year; how many."""
    with installation.database.transaction() as session:
        return forget_notices(session, installation.clock() - KEPT)
