"""How each person wants to be told, and when not: the own choice, or what is usual.

Pure values and the service that stores them. Nobody sees or changes anybody else's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from uuid import UUID

from sqlmodel import Session

from api.core.crypto import Vault
from api.core.errors import NotLoggedIn
from api.models import NoticeChoice
from api.notices.errors import BadAddress, BadChoice
from api.notices.kinds import KINDS, QUIET, WAYS
from api.notices.repository import notices as repository
from api.security.viewer import Viewer
from scheduler.planner.rules import QuietHours
from scheduler.planner.timing import after_quiet, known_zone

ROBOT = "robot:"  # a WeCom group's robot, by its key; else a member's name
_MEMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_KEY = re.compile(r"[A-Za-z0-9-]{16,64}")


@dataclass(frozen=True, slots=True)
class Choices:
    """How one person is told. ``wecom``: a member's name, or ``robot:`` and a group robot's key.

    ``quiet`` None: at every hour. ``timezone`` None: that of the own unit.
    """

    ways: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(KINDS))
    quiet: tuple[time, time] | None = QUIET
    timezone: str | None = None
    wecom: str | None = field(default=None, repr=False)

    def ways_of(self, kind: str) -> tuple[str, ...]:
        """By which ways besides the dashboard somebody is told of ``kind``."""
        return self.ways.get(kind, KINDS[kind])

    def quiet_until(self, now: datetime, zone: str) -> datetime | None:
        """When the quiet hours end that hold ``now``; None when it is not quiet.

        ``zone`` is the unit's, for who named none.
        """
        clock = known_zone(self.timezone) or known_zone(zone)
        if self.quiet is None or clock is None:
            return None
        end = after_quiet(now, QuietHours(*self.quiet), clock)
        return end if end > now.astimezone(UTC) else None


def stored(row: NoticeChoice | None, vault: Vault) -> Choices:
    """What somebody chose, and what is usual where nothing was."""
    if row is None:
        return Choices()
    hours = (row.quiet_from, row.quiet_until)
    kept = {kind: tuple(ways) for kind, ways in row.ways.items() if kind in KINDS}
    return Choices(
        ways={**KINDS, **kept},
        quiet=None if hours[0] is None or hours[1] is None else (hours[0], hours[1]),
        timezone=row.timezone,
        wecom=None if row.wecom_encrypted is None else vault.decrypt(bytes(row.wecom_encrypted)),
    )


def read_choices(session: Session, viewer: Viewer, vault: Vault) -> Choices:
    """How the viewer is told."""
    return stored(repository.get_choice(session, own_account(viewer)), vault)


def choose(session: Session, viewer: Viewer, vault: Vault, wish: Choices, now: datetime) -> Choices:
    """Stores how the viewer wants to be told; raises what is wrong with it."""
    _check(wish)
    first, last = wish.quiet or (None, None)
    repository.put_choice(
        session,
        NoticeChoice(
            account_id=own_account(viewer),
            ways={kind: list(wish.ways_of(kind)) for kind in KINDS},
            quiet_from=first,
            quiet_until=last,
            timezone=wish.timezone,
            wecom_encrypted=None if wish.wecom is None else vault.encrypt(wish.wecom),
            updated_at=now,
        ),
    )
    return read_choices(session, viewer, vault)


def own_account(viewer: Viewer) -> UUID:
    """The viewer's account; a machine has none."""
    if viewer.account_id is None:
        raise NotLoggedIn
    return viewer.account_id


def _check(wish: Choices) -> None:
    if set(wish.ways) - set(KINDS):
        raise BadChoice(fields=[{"field": "ways", "message": "unknown kind of notice"}])
    if {way for ways in wish.ways.values() for way in ways} - set(WAYS):
        raise BadChoice(fields=[{"field": "ways", "message": f"one of {', '.join(WAYS)}"}])
    if wish.quiet is not None and wish.quiet[0] == wish.quiet[1]:
        raise BadChoice(fields=[{"field": "quiet_until", "message": "must differ from its start"}])
    if wish.timezone is not None and known_zone(wish.timezone) is None:
        raise BadChoice(fields=[{"field": "timezone", "message": "such as Asia/Shanghai"}])
    if wish.wecom is not None and not _is_wecom(wish.wecom):
        raise BadAddress(fields=[{"field": "wecom", "message": "a member's name, or robot:KEY"}])


def _is_wecom(given: str) -> bool:
    if given.startswith(ROBOT):
        return _KEY.fullmatch(given.removeprefix(ROBOT)) is not None
    return _MEMBER.fullmatch(given) is not None
