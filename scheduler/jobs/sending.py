"""Sends what is due: claim, act, record. And settles claims whose sender never said.

The claim was committed before a provider is called. One message that fails never stops the batch.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial

from api.core.installation import Installation
from api.invitations import sending
from api.invitations.replanning import replan_late
from api.invitations.sending import LEASE, Claimed, Outcome, Rates, Stale
from scheduler.jobs.rates import configured_rates
from scheduler.senders.choice import ConfiguredSenders
from scheduler.senders.port import (
    NotNow,
    OutgoingMessage,
    ProviderTemplate,
    Question,
    Refused,
    Sender,
    Senders,
    Unresolved,
)

BATCH = 64
# Of a sender that cannot be asked no more than there are threads: each claimed message is being
# sent, so that the death of a process leaves no others unknown.
THREADS = 16
SETTLED_AT_ONCE = 50
_FLUSH = 0.05  # seconds; what was answered is recorded while others are still being sent
GIVE_UP = timedelta(days=1)  # of a provider that can be asked but does not answer
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """What sending works with; a bench or a test brings shorter leases and other senders."""

    senders: Senders
    limits: Rates
    lease: timedelta = LEASE
    give_up: timedelta = GIVE_UP

    @classmethod
    def of(cls, installation: Installation, senders: Senders | None = None) -> "Desk":
        """The senders and rates of an installation."""
        limits = configured_rates(installation.settings)
        return cls(senders or ConfiguredSenders(installation), limits)

    def route(self, channel: str, address: str) -> str:
        """The name of whoever sends to ``address``."""
        return self.senders.route(channel, address).name

    def at_once(self, name: str) -> int | None:
        """How many one claim may take for a sender; None: as many as it can get."""
        sender = self.senders.named(name)
        return None if sender is not None and sender.can_look_up else THREADS


def send_due(
    installation: Installation,
    *,
    limit: int = BATCH,
    senders: Senders | None = None,
    desk: Desk | None = None,
) -> int:
    """Sends up to ``limit`` due invitations; how many invitations it dealt with."""
    desk = desk or Desk.of(installation, senders)
    batch = sending.claim_due(
        installation, desk.route, limit, limits=desk.limits, at_once=desk.at_once
    )
    for outcomes in _delivered(installation, desk, batch.claimed):
        said = [one for one in outcomes if one is not None]
        sending.record(installation, said, limits=desk.limits)
    done = len(batch.claimed) + batch.ended
    return done or replan_late(installation)


def deliver(installation: Installation, desk: Desk, claimed: Claimed) -> Outcome | None:
    """Hands one claimed message over: what came of it; None when that has to be looked up."""
    row, now = claimed.row, installation.clock()
    if now - row.claimed_at > desk.lease / 2:  # whoever settles it may be asking already
        return sending.untouched(row, "claim_too_old")
    sender = desk.senders.route(row.channel, claimed.address)
    try:
        receipt = sender.send(outgoing(claimed))
    except Refused as refused:
        return sending.refused(row, refused.code, opted_out=refused.opted_out, dead=refused.dead)
    except NotNow as later:
        return sending.not_now(row, later.code, installation.clock(), later.hold_for)
    except Unresolved as unresolved:
        return _unresolved(sender, claimed, unresolved.code)
    except Exception as error:  # a sender's defect: nobody knows how far it came
        _log.error("%s: %s with invitation %s", sender.name, type(error).__name__, row.id)
        return _unresolved(sender, claimed, "sender_failed")
    return sending.taken(row, receipt.provider_id, claimed.message.parts)


def settle_stale(
    installation: Installation,
    *,
    limit: int = SETTLED_AT_ONCE,
    senders: Senders | None = None,
    desk: Desk | None = None,
) -> int:
    """Settles claims whose lease has ended: looked up where possible, else unknown; how many."""
    desk = desk or Desk.of(installation, senders)
    stale = sending.take_stale(installation, limit, desk.lease)
    outcomes = list(_pool(None).map(partial(_settled, installation, desk), stale))
    sending.record(installation, [one for one in outcomes if one is not None])
    return len(stale)


def outgoing(claimed: Claimed) -> OutgoingMessage:
    """The message as a sender takes it."""
    row, message = claimed.row, claimed.message
    return OutgoingMessage(
        id=row.id,
        channel=row.channel,
        to=claimed.address,
        text=message.text,
        subject=message.subject,
        opt_out_link=message.opt_out_link,
        link=message.link,
        token=claimed.token,
        template=message.template.code,
        language=message.language,
        parameters=message.values,
        providers=_templates(claimed),
    )


def _templates(claimed: Claimed) -> dict[str, ProviderTemplate]:
    message, language = claimed.message, claimed.message.language
    found: dict[str, ProviderTemplate] = {}
    for name, provider in message.template.providers.items():
        filled = provider.filled(message.values)
        found[name] = ProviderTemplate(
            template_id=provider.template_id.say(language),
            signature=provider.signature.say(language) if provider.signature else None,
            names=tuple(key for key, _ in filled),
            values=tuple(value for _, value in filled),
            approved=provider.approved,
            once=provider.once,
        )
    return found


def _delivered(
    installation: Installation, desk: Desk, claimed: Sequence[Claimed]
) -> Iterator[list[Outcome | None]]:
    """What came of the messages, in groups as they are answered."""
    if len(claimed) == 1:
        yield [deliver(installation, desk, claimed[0])]
        return
    waiting: set[Future[Outcome | None]] = {
        _pool(desk.at_once(one.row.sender)).submit(deliver, installation, desk, one)
        for one in claimed
    }
    while waiting:
        wait(waiting, timeout=_FLUSH)
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        yield [one.result() for one in done]


@cache
def _pool(at_once: int | None) -> ThreadPoolExecutor:
    """Threads that call; those that cannot be asked have their own, so that nothing waits there."""
    return ThreadPoolExecutor(2 * THREADS, thread_name_prefix="sender")


def _settled(installation: Installation, desk: Desk, stale: Stale) -> Outcome | None:
    """What is known of a claim now; None when the provider did not answer, to be asked again."""
    row, sender = stale.row, desk.senders.named(stale.row.sender)
    if sender is None or not sender.can_look_up or stale.address is None:
        return sending.unknown(row, "no_receipt")
    question = Question(row.id, stale.address, stale.since, stale.token_hashes)
    try:
        receipt = sender.look_up(question)
    except Unresolved as unresolved:
        _log.warning("invitation %s cannot be looked up: %s", row.id, unresolved.code)
        late = installation.clock() - stale.since > desk.give_up
        return sending.unknown(row, "look_up_failed") if late else None
    if receipt is None:
        return sending.untouched(row, "never_sent")
    return sending.taken(row, receipt.provider_id, None)


def _unresolved(sender: Sender, claimed: Claimed, code: str) -> Outcome | None:
    """On a channel that can be asked the claim stays, to be looked up when its lease ends."""
    return None if sender.can_look_up else sending.unknown(claimed.row, code)
