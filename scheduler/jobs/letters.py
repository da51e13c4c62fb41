"""Sends letters to colleagues (rankings, account links): claim, act, record, never twice."""

import logging
from datetime import timedelta

from api.core.installation import Installation
from scheduler.jobs import repository
from scheduler.jobs.repository import LetterRow
from scheduler.jobs.sending import Choose
from scheduler.senders.choice import choose_sender
from scheduler.senders.port import NotNow, OutgoingMessage, Refused, Unresolved

BATCH = 10
ATTEMPTS = 12
LEASE = timedelta(minutes=10)
_log = logging.getLogger(__name__)


def send_letters(
    installation: Installation, *, limit: int = BATCH, choose: Choose = choose_sender
) -> int:
    """Sends up to ``limit`` waiting letters; how many it tried."""
    now = installation.clock()
    with installation.database.transaction() as session:
        letters = repository.claim_letters(session, now, limit)
    for letter in letters:
        status, failure = _send(installation, letter, choose)
        with installation.database.transaction() as session:
            repository.settle_letter(session, letter, status, failure, installation.clock())
    return len(letters)


def give_up_letters(installation: Installation, limit: int = 1000) -> int:
    """Marks letters whose sender never said what came of them as unknown; how many."""
    before = installation.clock() - LEASE
    with installation.database.transaction() as session:
        return repository.give_up_letters(session, before, limit)


def _send(installation: Installation, letter: LetterRow, choose: Choose) -> tuple[str, str | None]:
    """The letter's new status, and what went wrong."""
    try:
        sender = choose(installation.settings, "email")
        sender.send(_outgoing(installation, letter))
    except Refused as refused:
        return "failed", refused.code
    except NotNow as later:
        return ("waiting" if letter.attempts < ATTEMPTS else "failed"), later.code
    except Unresolved as unresolved:
        return "unknown", unresolved.code
    except Exception as error:  # nobody knows how far it came
        _log.error("letter %s: %s", letter.id, type(error).__name__)
        return "unknown", "sender_failed"
    return "sent", None


def _outgoing(installation: Installation, letter: LetterRow) -> OutgoingMessage:
    vault = installation.vault
    html = letter.body_html_encrypted
    return OutgoingMessage(
        id=letter.id,
        channel="email",
        to=vault.decrypt(bytes(letter.recipient_encrypted)),
        text=vault.decrypt(bytes(letter.body_text_encrypted)),
        subject=letter.subject,
        html=None if html is None else vault.decrypt(bytes(html)),
    )
