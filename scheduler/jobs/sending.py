"""Sends what is due: claim, act, record. And settles claims whose sender never said.

The claim was committed before a provider is called. One message that fails never stops the batch.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from api.core.installation import Installation
from api.core.settings import Settings
from api.invitations import sending
from api.invitations.replanning import replan_late
from api.invitations.sending import Claimed, Stale
from scheduler.senders.choice import CHANNELS, choose_sender
from scheduler.senders.port import (
    NotNow,
    OutgoingMessage,
    Question,
    Refused,
    Sender,
    Unresolved,
)

Choose = Callable[[Settings, str], Sender]
BATCH = 4  # what the death of one thread can leave unknown
PAUSE = timedelta(minutes=10)
GIVE_UP = timedelta(days=1)  # of a provider that can be asked but does not answer
_log = logging.getLogger(__name__)


def send_due(
    installation: Installation, *, limit: int = BATCH, choose: Choose = choose_sender
) -> int:
    """Sends up to ``limit`` due invitations; how many invitations it dealt with."""
    senders = {channel: choose(installation.settings, channel) for channel in CHANNELS}
    names = {channel: sender.name for channel, sender in senders.items()}
    batch = sending.claim_due(installation, names, limit)
    for claimed in batch.claimed:
        deliver(installation, senders[claimed.row.channel], claimed)
    done = len(batch.claimed) + batch.ended
    return done or replan_late(installation)


def deliver(installation: Installation, sender: Sender, claimed: Claimed) -> None:
    """Hands one claimed message over, and records what came of it."""
    row = claimed.row
    try:
        receipt = sender.send(_outgoing(claimed))
    except Refused as refused:
        sending.record_refused(
            installation, row, refused.code, opted_out=refused.opted_out, dead=refused.dead
        )
    except NotNow as later:
        sending.put_back(installation, row, later.code, PAUSE)
    except Unresolved as unresolved:
        _unresolved(installation, sender, claimed, unresolved.code)
    except Exception as error:  # a sender's defect: nobody knows how far it came
        _log.error("%s: %s with invitation %s", sender.name, type(error).__name__, row.id)
        _unresolved(installation, sender, claimed, "sender_failed")
    else:
        parts = claimed.message.parts
        sending.record_sent(installation, row, receipt.provider_id, parts)


def settle_stale(
    installation: Installation, *, limit: int = 50, choose: Choose = choose_sender
) -> int:
    """Settles claims whose lease has ended: looked up where possible, else unknown; how many."""
    stale = sending.take_stale(installation, limit)
    for one in stale:
        _settle(installation, choose(installation.settings, one.row.channel), one)
    return len(stale)


def _settle(installation: Installation, sender: Sender, stale: Stale) -> None:
    row = stale.row
    if not sender.can_look_up or sender.name != row.sender or stale.address is None:
        sending.record_unknown(installation, row, "no_receipt")
        return
    question = Question(row.id, stale.address, stale.since, stale.token_hashes)
    try:
        receipt = sender.look_up(question)
    except Unresolved as unresolved:
        _log.warning("invitation %s cannot be looked up: %s", row.id, unresolved.code)
        if installation.clock() - stale.since > GIVE_UP:
            sending.record_unknown(installation, row, "look_up_failed")
        return
    if receipt is None:
        sending.put_back(installation, row, "never_sent", timedelta(0))
    else:
        sending.record_sent(installation, row, receipt.provider_id, None)


def _unresolved(installation: Installation, sender: Sender, claimed: Claimed, code: str) -> None:
    """On a channel that can be asked the claim stays, to be looked up when its lease ends."""
    if not sender.can_look_up:
        sending.record_unknown(installation, claimed.row, code)


def _outgoing(claimed: Claimed) -> OutgoingMessage:
    return OutgoingMessage(
        id=claimed.row.id,
        channel=claimed.row.channel,
        to=claimed.address,
        text=claimed.message.text,
        subject=claimed.message.subject,
        opt_out_link=claimed.message.opt_out_link,
    )
