"""Claims what is due to be sent, and records what came of it.

A claim is committed before any provider is called; what the provider said is recorded afterwards,
and only for the claim that called it. Knows no provider: workers bring the senders.
"""

import logging
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from sqlmodel import Session

from api.core.ids import new_id, new_token, token_hash
from api.core.installation import Installation
from api.core.languages import spoken
from api.invitations import receipts
from api.invitations.messages import Composed, compose, survey_link
from api.invitations.repository import claiming
from api.invitations.repository.claiming import ClaimedRow, Limit
from api.surveys.published import require_message, rules_in_force

LEASE = timedelta(minutes=10)
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
    """What one claim gave: messages to send, and how many may not be sent after all."""

    claimed: tuple[Claimed, ...]
    ended: int


def claimer_name() -> str:
    """A name that no other claim has; says which process to look for."""
    return f"{socket.gethostname()}/{os.getpid()}/{new_id()}"


def claim_due(installation: Installation, senders: Mapping[str, str], limit: int) -> Batch:
    """Claims due invitations in a transaction of its own, with new link tokens."""
    now = installation.clock()
    with installation.database.transaction() as session:
        ids, ended = claiming.claim(
            session, claimer_name(), senders, now, limit=limit, cap=_cap(session, now)
        )
        rows = claiming.read_claimed(session, ids)
        made = [_prepared(installation, session, row) for row in rows]
        claimed = [one for one in made if one is not None]
        tokens = [(token_hash(one.token), one.row.id, one.row.branch_id) for one in claimed]
        claiming.insert_tokens(session, tokens, now)
    return Batch(tuple(claimed), ended + len(rows) - len(claimed))


def record_sent(
    installation: Installation, row: ClaimedRow, provider_id: str | None, parts: int | None
) -> None:
    """Notes the provider's receipt, and what the provider may have told us before it."""
    now = installation.clock()
    with installation.database.transaction() as session:
        ours = claiming.mark_sent(session, row, provider_id, parts, now)
        if ours and provider_id is not None:
            receipts.apply_kept(session, row.sender, provider_id, row.id)
    if not ours:
        _log.error("invitation %s: sent, but the claim was no longer ours", row.id)


def record_refused(
    installation: Installation, row: ClaimedRow, failure: str, *, opted_out: bool, dead: bool
) -> None:
    """Notes that the provider certainly will not deliver, and what that says of the address."""
    now = installation.clock()
    with installation.database.transaction() as session:
        claiming.settle(session, row, "undelivered", failure)
        if opted_out and row.contact_point_id is not None:
            claiming.suppress(session, row.contact_point_id, "opt_out", now)
        if dead and row.contact_point_id is not None:
            claiming.mark_undeliverable(session, row.contact_point_id, now)


def record_unknown(installation: Installation, row: ClaimedRow, failure: str) -> None:
    """Notes that nobody can say whether the message went out; it is never sent again by itself."""
    with installation.database.transaction() as session:
        claiming.settle(session, row, "unknown", failure)


def put_back(installation: Installation, row: ClaimedRow, failure: str, pause: timedelta) -> None:
    """Makes a claim a plan again, for later: certainly nothing was sent."""
    at = installation.clock() + pause
    with installation.database.transaction() as session:
        claiming.put_back(session, row, failure, at)


def take_stale(installation: Installation, limit: int) -> list[Stale]:
    """Takes over claims whose lease has ended, to settle them."""
    now = installation.clock()
    with installation.database.transaction() as session:
        ids = claiming.take_stale(session, claimer_name(), now - LEASE, now, limit)
        return [_stale(installation, session, row) for row in claiming.read_claimed(session, ids)]


def expire(installation: Installation, limit: int = 1000) -> int:
    """Ends plans whose link would be dead already; how many."""
    with installation.database.transaction() as session:
        return claiming.expire_planned(session, installation.clock(), limit)


def _cap(session: Session, now: datetime) -> Limit:
    in_force = rules_in_force(session, now)
    if in_force is None:
        return Limit()
    return Limit(in_force.rules.cap.count, now - in_force.rules.cap.window)


def _prepared(installation: Installation, session: Session, row: ClaimedRow) -> Claimed | None:
    """The claim with link, address and words; one that cannot be written ends here, and is seen."""
    token = new_token(128)
    try:
        address = _address(installation, row)
        if address is None or row.message_version_id is None:
            raise KeyError("address or template")
        message = require_message(session, row.message_version_id)
        link = survey_link(installation.settings.public_url, token)
        language = spoken(row.language)
        composed = compose(message, row.context, row.occurred_on, language, link)
    except (KeyError, TypeError, InvalidTag) as error:
        _log.error("invitation %s cannot be written: %s", row.id, type(error).__name__)
        claiming.settle(session, row, "undelivered", "not_writable")
        return None
    return Claimed(row, token, address, composed)


def _stale(installation: Installation, session: Session, row: ClaimedRow) -> Stale:
    tokens = claiming.read_tokens(session, row.id)
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
