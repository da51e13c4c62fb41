"""Places calls that colleagues asked for: claim, act, record, at once or not at all.

A call that rings minutes later rings nobody at the desk, so it is dropped. Both numbers are wiped
with the outcome; a call that was not placed is written to its ticket.
"""

import logging
from datetime import timedelta
from uuid import UUID

from api.core.installation import Installation
from api.tickets.closing import call_failed
from scheduler.jobs import repository
from scheduler.jobs.repository import LetterRow
from scheduler.senders.choice import ConfiguredSenders
from scheduler.senders.console import CONSOLE
from scheduler.senders.port import NotNow, OutgoingMessage, Refused, Senders, Unresolved
from scheduler.senders.relay import RELAY

BATCH = 10
LATEST = timedelta(minutes=2)
_log = logging.getLogger(__name__)


def place_calls(
    installation: Installation, *, limit: int = BATCH, senders: Senders | None = None
) -> int:
    """Has up to ``limit`` calls connected; how many it tried."""
    now = installation.clock()
    with installation.database.transaction() as session:
        calls = repository.claim_letters(session, now, limit, calls=True)
    for call in calls:
        status, failure = _place(installation, call, senders or ConfiguredSenders(installation))
        with installation.database.transaction() as session:
            repository.settle_letter(session, call, status, failure, installation.clock())
            repository.wipe_letter(session, call.id)
            if failure is not None:
                ticket = UUID(call.detail["ticket"])
                call_failed(session, ticket, failure, installation.clock())
    return len(calls)


def _place(installation: Installation, call: LetterRow, senders: Senders) -> tuple[str, str | None]:
    """The call's new status, and what went wrong."""
    if installation.clock() - call.created_at > LATEST:
        return "failed", "too_late"
    vault = installation.vault
    try:
        to = vault.decrypt(bytes(call.recipient_encrypted))
        message = OutgoingMessage(
            id=call.id,
            channel=RELAY,
            to=to,
            text=vault.decrypt(bytes(call.body_text_encrypted)),
            parameters={"kind": call.detail["kind"]},
        )
        sender = senders.route(RELAY, to)
        if sender.name == CONSOLE and installation.settings.live_sending:
            return "failed", "no_relay"
        sender.send(message)
    except (Refused, NotNow) as error:
        return "failed", error.code
    except Unresolved as unresolved:
        return "unknown", unresolved.code
    except Exception as error:  # nobody knows how far it came
        _log.error("call %s: %s", call.id, type(error).__name__)
        return "unknown", "sender_failed"
    return "sent", None
