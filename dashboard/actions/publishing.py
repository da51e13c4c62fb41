"""What headquarters do with league tables: freeze one, correct one with a reason."""

from api.insights.published.service import Listed, Publishing, publish_as
from dashboard.data.published import Asked
from dashboard.data.sitting import Sitting


def publish(sitting: Sitting, asked: Asked, *, for_bonus: bool) -> Listed:
    """Freezes the table of the newest answers for good."""
    wanted = Publishing(asked.name, for_bonus)
    return publish_as(sitting.session, sitting.viewer, wanted, sitting.now)


def correct(sitting: Sitting, asked: Asked, number: int, reason: str, *, for_bonus: bool) -> Listed:
    """Publishes the table of the newest answers in place of number ``number``."""
    wanted = Publishing(asked.name, for_bonus, number, reason.replace("\0", "").strip())
    return publish_as(sitting.session, sitting.viewer, wanted, sitting.now)
