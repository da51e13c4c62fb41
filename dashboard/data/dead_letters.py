"""Messages that only a person can settle, as their table shows them."""

from dataclasses import dataclass
from uuid import UUID

from api.invitations.dead_letters import (
    count_dead_letters,
    failure_words,
    get_dead_letter,
    list_dead_letters,
    may_resend,
    reason_words,
)
from api.invitations.repository.dead_letters import LetterRow
from api.notices.dead_messages import count_dead
from dashboard.address import Page
from dashboard.data.rule_words import channel_word
from dashboard.data.sitting import Sitting
from dashboard.data.times import moment_text

SHOWN = 8


@dataclass(frozen=True)
class DeadLetter:
    """One message; ``refused`` says why it may not be sent again, "" if it may."""

    id: str
    href: str
    branch: str
    channel: str
    reason: str
    when: str
    refused: str


@dataclass(frozen=True)
class DeadLetters:
    """The newest of them, and how many there are."""

    items: list[DeadLetter]
    total: int
    next: str | None = None
    refused_by_own: int = 0  # messages that the network's own system never took
    own_page: str = ""


def dead_letters(sitting: Sitting, cursor: str | None = None) -> DeadLetters:
    """The newest of the viewer's branches, or those behind ``cursor``."""
    viewer = sitting.viewer
    found = list_dead_letters(sitting.session, viewer, sitting.now, cursor=cursor, limit=SHOWN)
    return DeadLetters(
        [_letter(sitting, row) for row in found.items],
        count_dead_letters(sitting.session, viewer),
        found.next,
        count_dead(sitting.session, viewer),
        sitting.address.with_(unit=None).to(Page.WEBHOOK).href,
    )


def find_letter(sitting: Sitting, wanted: UUID) -> DeadLetter | None:
    """One of them, if the viewer sees it."""
    row = get_dead_letter(sitting.session, sitting.viewer, wanted, sitting.now)
    return None if row is None else _letter(sitting, row)


def letter_id(wanted: str | None) -> UUID | None:
    """The id that a browser sent, if it is one."""
    try:
        return UUID(wanted or "")
    except ValueError:
        return None


def _letter(sitting: Sitting, row: LetterRow) -> DeadLetter:
    branch = sitting.viewer.hierarchy.nodes.get(row.branch_id)
    return DeadLetter(
        id=str(row.id),
        href=sitting.address.about(Page.ASKING_EVENT, str(row.event_id)).href,
        branch=branch.name(sitting.language) if branch else "",
        channel=channel_word(row.channel, sitting.say),
        reason=failure_words(row.failure, sitting.language),
        when=moment_text(sitting, row.claimed_at or row.planned_at),
        refused=_refused(sitting, row),
    )


def _refused(sitting: Sitting, row: LetterRow) -> str:
    if not may_resend(sitting.viewer, row.branch_id):
        return sitting.say("asked.dead.role")
    return "" if row.against is None else reason_words(row.against, sitting.language)
