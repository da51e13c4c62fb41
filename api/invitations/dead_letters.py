"""Messages that only a person can settle: unknown ones, and those that nobody will deliver.

An unknown one counts as sent and stays as it is. Sending again is a person's choice: a further
message of the same chain, that does not count once more, under everything that forbids asking.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.boundary.paging import cursor_at, position_at
from api.core.errors import NotFound
from api.core.ids import new_id
from api.core.languages import Language, catalogue, say
from api.invitations.errors import CannotResend, NotDead
from api.invitations.repository import dead_letters
from api.invitations.repository.dead_letters import LetterRow
from api.network.queries import get_network
from api.security.audit import audit
from api.security.hierarchy import current_hierarchy
from api.security.permissions import Permission
from api.security.viewer import Viewer
from api.surveys.published import rules_in_force
from scheduler.planner.timing import closes, known_zone, next_open

DEAD = frozenset({"unknown", "undelivered"})
PAGE = 50


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """A page of them, newest first, and the cursor of the next one."""

    items: list[LetterRow]
    next: str | None


def list_dead_letters(
    session: Session,
    viewer: Viewer,
    now: datetime,
    *,
    cursor: str | None = None,
    limit: int = PAGE,
) -> DeadLetters:
    """The newest messages of the viewer's branches that only a person can settle."""
    found = dead_letters.list_letters(
        session, sorted(viewer.scope.branches), now, after=position_at(cursor), limit=limit + 1
    )
    items = found[:limit]
    last = items[-1] if len(found) > limit else None
    return DeadLetters(items, cursor_at(last.planned_at, last.id) if last else None)


def get_dead_letter(
    session: Session, viewer: Viewer, invitation_id: UUID, now: datetime
) -> LetterRow | None:
    """One of them; None outside the viewer's branches, or when it is none any more."""
    branches = sorted(viewer.scope.branches)
    letter = dead_letters.read_letter(session, invitation_id, branches, now)
    return letter if letter is not None and letter.status in DEAD else None


def count_dead_letters(session: Session, viewer: Viewer) -> int:
    """How many there are in the viewer's branches."""
    return dead_letters.count_letters(session, sorted(viewer.scope.branches))


def may_resend(viewer: Viewer, branch_id: int) -> bool:
    """Whether the viewer may send a message of the branch again."""
    return viewer.may(Permission.MANAGE_ASKING, branch_id)


def resend(session: Session, viewer: Viewer, invitation_id: UUID, now: datetime) -> UUID:
    """Plans a message once more, by a person's wish: the id of the new one.

    It leaves at once, or when the hours for messages begin. Raises NotFound outside the viewer's
    branches, NotAllowed, NotDead, and CannotResend when it was answered, has expired, was sent
    again already, or the customer may no longer be asked.
    """
    branches = sorted(viewer.scope.branches)
    if not dead_letters.lock_chain(session, invitation_id, branches):
        raise NotFound(invitation=str(invitation_id))
    letter = dead_letters.read_letter(session, invitation_id, branches, now)
    if letter is None:
        raise NotFound(invitation=str(invitation_id))
    viewer.require(Permission.MANAGE_ASKING, letter.branch_id)
    if letter.status not in DEAD:
        raise NotDead(found=letter.status)
    if letter.against is not None:
        raise CannotResend(reason=reason_words(letter.against, viewer.language))
    hours = _hours(session, letter, now)
    if hours is None:
        raise CannotResend(reason=reason_words("no_rule", viewer.language))
    at, before = hours
    new = new_id()
    dead_letters.insert_again(session, letter, new, now, at=at, before=before)
    audit(
        session,
        viewer.actor,
        "invitation.resent",
        now=now,
        subject=str(letter.id),
        unit_id=letter.branch_id,
        detail={"new": str(new), "failure": letter.failure},
    )
    return new


def failure_words(failure: str, language: Language) -> str:
    """Why a message went wrong, in words; a code that we do not know is shown as it is."""
    given_up, colon, code = failure.partition(":")
    if colon and given_up == "given_up":
        return say("asking.given_up", language, reason=failure_words(code, language))
    known = catalogue(language).get(f"asking.failure.{failure}")
    return known or say("asking.failure.other", language, code=failure)


def reason_words(reason: str, language: Language) -> str:
    """Why a message may not be sent again, in words."""
    return say(f"asking.against.{reason}", language)


def _hours(session: Session, letter: LetterRow, now: datetime) -> tuple[datetime, datetime] | None:
    """When the message may go, and until when without being thought about again."""
    about = dead_letters.read_about(session, letter.id)
    in_force = rules_in_force(session, now)
    rule = in_force.rules.rule_for(about.touchpoint) if in_force else None
    if rule is None:
        return None
    zone = known_zone(about.zone) or _zone(session, about.branch_id, now)
    at = next_open(now, rule.timing, zone)
    return None if at is None else (at, closes(at, rule.timing, zone))


def _zone(session: Session, branch_id: int, now: datetime) -> ZoneInfo:
    network = get_network(session)
    default = network.default_timezone if network else "Asia/Shanghai"
    hierarchy = current_hierarchy(session, now.date())
    return ZoneInfo(hierarchy.timezone(branch_id, default))
