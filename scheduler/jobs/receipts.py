"""Asks gateways for receipts, where they do not push them or a push was lost."""

import logging

from api.core.installation import Installation
from api.invitations.waiting import list_awaited
from api.webhooks.service import note_report
from scheduler.jobs.housekeeping import claim_window
from scheduler.senders.choice import ConfiguredSenders
from scheduler.senders.port import NotNow, Unresolved
from scheduler.senders.pulling import Pulling, Waiting

SECONDS = 60
LIMIT = 200  # messages asked about one by one, in one window
_log = logging.getLogger(__name__)


def pull_receipts(installation: Installation) -> int:
    """Asks every gateway that can be asked, once in a window; how many receipts it gave."""
    pulling = [one for one in ConfiguredSenders(installation).every() if isinstance(one, Pulling)]
    if not pulling or not claim_window(installation, "receipts", SECONDS):
        return 0
    return sum(_pull(installation, sender) for sender in pulling)


def _pull(installation: Installation, sender: Pulling) -> int:
    """Notes each receipt in a transaction of its own, as it comes."""
    taken = 0
    try:
        for said in sender.pull(_waiting(installation) if sender.pulls_each else ()):
            with installation.database.transaction() as session:
                note_report(session, said, installation.clock())
            taken += 1
    except (NotNow, Unresolved) as error:
        _log.warning("%s gives no receipts: %s", sender.name, error.code)
    return taken


def _waiting(installation: Installation) -> list[Waiting]:
    return [
        Waiting(one.id, one.provider_id, one.address, one.sent_at)
        for one in list_awaited(installation, LIMIT)
    ]
