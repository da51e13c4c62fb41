"""Claims what is due to be sent, and records what came of it.

A claim is committed before any provider is called; what the provider said is recorded afterwards,
and only for the claim that called it. Knows no provider: workers bring the senders.
"""

import logging
import os
import random
import socket
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from cryptography.exceptions import InvalidTag
from sqlmodel import Session

from api.core.ids import new_id, new_token, token_hash
from api.core.installation import Installation
from api.core.languages import spoken
from api.invitations import receipts
from api.invitations.messages import Composed, compose, survey_link
from api.invitations.repository import claiming, following, rates, recording
from api.invitations.repository.claiming import Claim, ClaimedRow, DueRow, Limit
from api.invitations.repository.rates import Granted, Rate
from api.invitations.repository.recording import Said
from api.invitations.retrying import given_up, next_try
from api.surveys.published import require_message, rules_in_force
from scheduler.planner import Channel

# What a claim may take. Also the settle time of providers whose lists lag: nobody calls for a claim
# older than half of it, so at least the other half lies between the call and the question.
LEASE = timedelta(minutes=10)
CALL_LIST = "call_list"
CHANNELS = tuple(channel.value for channel in Channel)
Route = Callable[[str, str], str]
Rates = Mapping[str, Rate]
AtOnce = Callable[[str], int | None]
NO_RATES: Rates = MappingProxyType({})
_DECIDED_AGAIN = frozenset({"capped", "open_complaint"})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """An invitation that this process alone may send, with its message and address."""

    row: ClaimedRow
    token: str = field(repr=False)
    address: str = field(repr=False)
    message: Composed = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stale:
    """A claim whose sender never said what came of it."""

    row: ClaimedRow
    address: str | None = field(repr=False)
    since: datetime  # when its link was made: nothing was sent before
    token_hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one claim gave: messages to send, and how many were settled without sending."""

    claimed: tuple[Claimed, ...]
    ended: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sender said of one claim, and what that means for its address and its account."""

    said: Said
    opted_out: bool = False
    dead: bool = False
    held_until: datetime | None = None


def claimer_name() -> str:
    """A name that no other claim has; says which process to look for."""
    return f"{socket.gethostname()}/{os.getpid()}/{new_id()}"


def claim_due(
    installation: Installation,
    route: Route,
    limit: int,
    *,
    limits: Rates = NO_RATES,
    channels: Sequence[str] = CHANNELS,
    at_once: AtOnce = lambda _: None,
) -> Batch:
    """Claims due invitations in a transaction of its own, with new link tokens.

    ``route`` names the sender of a channel and address; ``limits`` are the rates of senders;
    ``at_once`` says how many one claim may take for a sender, None: as many as it can get.
    """
    now, claimer = installation.clock(), claimer_name()
    with installation.database.transaction() as session:
        cap = _cap(session, now)
        turns = random.sample(channels, len(channels))
        due = claiming.take_due(session, claimer, turns, now, limit=limit, cap=cap)
        if not due:
            return Batch((), 0)
        claims = [_ended(one) for one in due if one.obstacle is not None]
        free = [one.row for one in due if one.obstacle is None]
        calls = [row for row in free if row.channel == Channel.CALL]
        claims += [Claim(row.id, "sent", sender=CALL_LIST) for row in calls]
        addressed = _addressed(installation, [row for row in free if row.channel != Channel.CALL])
        routed = [(row._replace(sender=route(row.channel, to)), to) for row, to in addressed]
        granted, waiting = _granted(session, routed, limits, at_once, now)
        claimed = _prepared(installation, session, granted)
        claims += waiting
        unwritable = {row.id for row, _ in granted} - {one.row.id for one in claimed}
        unwritable |= {row.id for row in free} - {row.id for row, _ in addressed}
        unwritable -= {row.id for row in calls}
        claims += [Claim(id_, "undelivered", "not_writable") for id_ in unwritable]
        claims += [Claim(one.row.id, "claimed", sender=one.row.sender) for one in claimed]
        tokens = [claiming.token(token_hash(one.token), one.row) for one in claimed]
        claiming.write_claims(session, claimer, claims, tokens, now)
        if calls:
            claiming.list_calls(session, [row.id for row in calls], now)
    return Batch(tuple(claimed), len(claims) - len(claimed) - len(waiting))


def record(
    installation: Installation, outcomes: Sequence[Outcome], *, limits: Rates = NO_RATES
) -> None:
    """Notes what senders said of their claims, all in one transaction."""
    if not outcomes:
        return
    now = installation.clock()
    with installation.database.transaction() as session:
        said = [one.said for one in outcomes]
        ours = recording.record(session, said, now)
        _note_early(session, [one for one in said if one.row.id in ours], now)
        again = [one.row.id for one in said if one.status == "planned" and one.row.id in ours]
        if again:
            recording.forget_tokens(session, again)
        _note_addresses(session, outcomes, now)
        failed = [one.row.id for one in said if one.status == "undelivered" and one.row.id in ours]
        following.wake(session, failed, now)
        for one in outcomes:
            if one.held_until is not None:
                rates.hold(session, one.said.row.sender, limits, one.held_until, now)
    for lost in said:
        if lost.status == "sent" and lost.row.id not in ours:
            _log.error("invitation %s: sent, but the claim was no longer ours", lost.row.id)


def taken(row: ClaimedRow, provider_id: str | None, parts: int | None) -> Outcome:
    """The provider took the message."""
    return Outcome(Said(row, "sent", None, provider_id, parts))


def refused(row: ClaimedRow, failure: str, *, opted_out: bool, dead: bool) -> Outcome:
    """The provider certainly will not deliver, and says why of the address."""
    return Outcome(Said(row, "undelivered", failure), opted_out=opted_out, dead=dead)


def unknown(row: ClaimedRow, failure: str) -> Outcome:
    """Nobody can say whether the message went out; it is never sent again by itself."""
    return Outcome(Said(row, "unknown", failure))


def not_now(
    row: ClaimedRow, failure: str, now: datetime, hold_for: timedelta | None = None
) -> Outcome:
    """Certainly nothing was sent: again later, for a while; a used-up quota is no failed try."""
    if hold_for is not None:
        until = now + hold_for
        return Outcome(Said(row, "planned", failure, at=until), held_until=until)
    at = next_try(row.id, row.attempts + 1, now)
    if at is None:
        return Outcome(Said(row, "undelivered", given_up(failure), tried=1))
    return Outcome(Said(row, "planned", failure, at=at, tried=1))


def untouched(row: ClaimedRow, failure: str) -> Outcome:
    """No provider was called, or it certainly has nothing: planned as before."""
    return Outcome(Said(row, "planned", failure, tried=int(failure == "never_sent")))


def take_stale(installation: Installation, limit: int, lease: timedelta = LEASE) -> list[Stale]:
    """Takes over claims whose lease has ended, to settle them."""
    now = installation.clock()
    with installation.database.transaction() as session:
        rows = claiming.take_stale(session, claimer_name(), now - lease, now, limit)
        tokens = claiming.read_tokens(session, rows) if rows else {}
    return [_stale(installation, row, tokens.get(row.id, [])) for row in rows]


def expire(installation: Installation, limit: int = 1000) -> int:
    """Ends plans whose link would be dead already; how many."""
    with installation.database.transaction() as session:
        return claiming.expire_planned(session, installation.clock(), limit)


def _cap(session: Session, now: datetime) -> Limit:
    in_force = rules_in_force(session, now)
    if in_force is None:
        return Limit()
    cap = in_force.rules.cap
    return Limit(cap.count, now - cap.window, cap.not_for)


def _ended(due: DueRow) -> Claim:
    """What becomes of one that may not be sent after all; the first of a chain may be replanned."""
    obstacle = due.obstacle
    if obstacle in _DECIDED_AGAIN and not due.follows:
        return Claim(due.row.id, "planned", obstacle, anew=True)
    return Claim(due.row.id, "expired" if obstacle == "expired" else "dropped", obstacle)


def _addressed(
    installation: Installation, rows: Sequence[ClaimedRow]
) -> list[tuple[ClaimedRow, str]]:
    """The rows whose address can be read, with it."""
    found: list[tuple[ClaimedRow, str]] = []
    for row in rows:
        try:
            address = _address(installation, row)
        except InvalidTag:
            _log.error("invitation %s: the address cannot be read", row.id)
            continue
        if address is not None:
            found.append((row, address))
    return found


def _granted(
    session: Session,
    routed: Sequence[tuple[ClaimedRow, str]],
    limits: Rates,
    at_once: AtOnce,
    now: datetime,
) -> tuple[list[tuple[ClaimedRow, str]], list[Claim]]:
    """Those that their account may send now, and those that wait for it.

    Of an account whose bucket is empty the rest is left as it is: it is the first again next time.
    """
    counted = Counter(row.sender for row, _ in routed)
    wanted = {name: min(count, at_once(name) or count) for name, count in counted.items()}
    buckets = rates.take(session, wanted, limits, now) if wanted else {}
    left = {name: buckets.get(name, Granted(count, None)).count for name, count in wanted.items()}
    granted: list[tuple[ClaimedRow, str]] = []
    waiting: list[Claim] = []
    for row, address in routed:
        bucket = buckets.get(row.sender)
        if left[row.sender] > 0:
            left[row.sender] -= 1
            granted.append((row, address))
        elif bucket is not None and bucket.held_until is not None:
            waiting.append(Claim(row.id, "planned", "account_held", at=bucket.held_until))
    return granted, waiting


def _prepared(
    installation: Installation, session: Session, granted: Sequence[tuple[ClaimedRow, str]]
) -> list[Claimed]:
    made = (_written(installation, session, row, address) for row, address in granted)
    return [one for one in made if one is not None]


def _written(
    installation: Installation, session: Session, row: ClaimedRow, address: str
) -> Claimed | None:
    """The claim with link and words; None for one that cannot be written."""
    token = new_token(128)
    try:
        if row.message_version_id is None:
            raise KeyError("template")
        message = require_message(session, row.message_version_id)
        link = survey_link(installation.settings.public_url, token)
        composed = compose(message, row.context, row.occurred_on, spoken(row.language), link)
    except (KeyError, TypeError) as error:
        _log.error("invitation %s cannot be written: %s", row.id, type(error).__name__)
        return None
    return Claimed(row, token, address, composed)


def _note_early(session: Session, said: Sequence[Said], now: datetime) -> None:
    """Applies what providers told us before their answer to the call was recorded."""
    about: dict[tuple[str, str | None], UUID] = {
        (one.row.sender, one.provider_id): one.row.id for one in said
    }
    for provider, provider_id in recording.early_receipts(session, said, now):
        receipts.apply_kept(session, provider, provider_id, about[provider, provider_id])


def _note_addresses(session: Session, outcomes: Sequence[Outcome], now: datetime) -> None:
    def points(told: Callable[[Outcome], bool]) -> list[UUID]:
        found = (one.said.row.contact_point_id for one in outcomes if told(one))
        return [point for point in found if point is not None]

    if opted_out := points(lambda one: one.opted_out):
        recording.suppress(session, opted_out, now)
    if dead := points(lambda one: one.dead):
        recording.mark_undeliverable(session, dead, now)


def _stale(
    installation: Installation, row: ClaimedRow, tokens: Sequence[tuple[bytes, datetime]]
) -> Stale:
    return Stale(
        row=row,
        address=_address(installation, row),
        since=min((made for _, made in tokens), default=row.claimed_at),
        token_hashes=tuple(hashed for hashed, _ in tokens),
    )


def _address(installation: Installation, row: ClaimedRow) -> str | None:
    if row.address_encrypted is None:
        return None
    return installation.vault.decrypt(bytes(row.address_encrypted))
