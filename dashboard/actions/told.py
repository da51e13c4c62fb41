"""Reading notices, choosing how to be told, being away, sending to the own system again."""

from collections.abc import Mapping
from datetime import time
from uuid import UUID

from api.core.errors import NotFound
from api.notices import absences, choices, dead_messages, service
from api.notices.absences import AbsenceWish
from api.notices.choices import Choices
from api.notices.errors import BadAbsence, BadChoice
from api.notices.kinds import WAYS
from dashboard.data.sitting import Sitting
from dashboard.data.told import NOBODY, local_moment


def read_all(sitting: Sitting) -> None:
    """Everything that the viewer was told is read."""
    service.mark_read(sitting.session, sitting.viewer, sitting.now)


def read_one(sitting: Sitting, notice_id: str) -> None:
    """One notice is read."""
    service.mark_read(sitting.session, sitting.viewer, sitting.now, [_id(notice_id)])


def choose(
    sitting: Sitting,
    ways: Mapping[str, list[str]],
    quiet: tuple[str, str] | None,
    wecom: str,
) -> None:
    """Keeps how the viewer wants to be told; ``ways`` are those of each kind."""
    asked, vault = (sitting.session, sitting.viewer), sitting.installation.vault
    before = choices.read_choices(*asked, vault)
    wish = Choices(
        ways={kind: tuple(way for way in WAYS if way in chosen) for kind, chosen in ways.items()},
        quiet=None if quiet is None else (_time(quiet[0]), _time(quiet[1])),
        timezone=before.timezone,
        wecom=wecom.strip() or None,
    )
    choices.choose(*asked, vault, wish, sitting.now)


def be_away(sitting: Sitting, first: str, last: str, deputy: str) -> None:
    """Enters an absence of the viewer, from the first day's beginning to the last one's end."""
    begins, ends = local_moment(sitting, first), local_moment(sitting, last, after=True)
    if begins is None or ends is None:
        raise BadAbsence
    wish = AbsenceWish(begins, ends, None if deputy in ("", NOBODY) else _id(deputy))
    vault = sitting.installation.vault
    absences.be_away(sitting.session, sitting.viewer, vault, wish, sitting.now)


def end_absence(sitting: Sitting, absence_id: str) -> None:
    """Ends an absence, or takes it back."""
    vault, wanted = sitting.installation.vault, _id(absence_id)
    absences.end_absence(sitting.session, sitting.viewer, vault, wanted, sitting.now)


def send_again(sitting: Sitting, delivery_id: str) -> None:
    """Has a message to the own system tried again."""
    dead_messages.resend(sitting.session, sitting.viewer, _id(delivery_id), sitting.now)


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise BadChoice from None


def _id(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise NotFound from None
