"""Making and closing printed codes."""

from uuid import UUID

from api.points import service
from api.points.service import Kind, Wish
from dashboard.data.sitting import Sitting

KINDS: tuple[Kind, ...] = ("qr", "kiosk", "wechat")


def make(sitting: Sitting, unit: str, kind: str, about: str, label: str) -> None:
    """A new code; ``about`` names touchpoint and survey."""
    touchpoint, _, survey = about.partition(" ")
    known = kind if kind in KINDS else KINDS[0]
    wish = Wish(unit, known, touchpoint, survey, label.replace("\0", "")[:60])
    service.create_point(sitting.session, sitting.viewer, wish, sitting.now)


def close(sitting: Sitting, point: UUID) -> None:
    """Nobody answers there any more."""
    service.close_point(sitting.session, sitting.viewer, point, sitting.now)
