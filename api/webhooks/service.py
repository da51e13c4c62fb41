"""What a provider's callback changes: the ledger moves forward, a wish about an address holds.

Believes its caller that the callback was signed. Knows no HTTP.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.core.crypto import Vault
from api.customers.contacts import NotReachable, phone_contact
from api.invitations.receipts import note_receipt
from api.invitations.wishes import lift_opt_out, note_address_state, opt_out
from api.security.scope import Scope, open_scope
from api.webhooks.reports import Report
from api.webhooks.twilio import DEAD, OPTED_OUT, TWILIO, Wish, outcome_of, wish_of

_ANYWHERE = Scope.whole_network(reason="a provider speaks of any branch's message")


def note_status(
    session: Session,
    *,
    message: str,
    status: str,
    error_code: str | None,
    invitation_id: UUID | None,
    now: datetime,
) -> None:
    """Takes a status of Twilio's; one that we do not know changes nothing."""
    outcome = outcome_of(status)
    if outcome is None:
        return
    failed = outcome == "undelivered"
    said = Report(
        provider=TWILIO,
        provider_id=message,
        outcome=outcome,
        error_code=error_code,
        invitation_id=invitation_id,
        opted_out=failed and error_code in OPTED_OUT,
        dead=failed and error_code in DEAD,
    )
    note_report(session, said, now)


def note_report(session: Session, said: Report, now: datetime) -> None:
    """Takes what any provider says of a message: forward only, and kept when it came early."""
    open_scope(session, _ANYWHERE)
    about = note_receipt(
        session,
        provider=said.provider,
        provider_id=said.provider_id,
        status=said.outcome,
        error_code=said.error_code,
        invitation_id=said.invitation_id,
        now=now,
    )
    if about is not None and (said.opted_out or said.dead):
        note_address_state(session, about, opted_out=said.opted_out, dead=said.dead, now=now)


def note_answer(session: Session, vault: Vault, *, sender: str, body: str, now: datetime) -> None:
    """Takes an SMS to us: an opt-out holds at once, its taking back lifts only itself."""
    wish = wish_of(body)
    if wish is None:
        return
    try:
        address = phone_contact(sender, "CN")
    except NotReachable:  # a short code or a name: nobody we write to
        return
    note_wish(session, vault, kind=address.kind, value=address.value, wish=wish, now=now)


def note_wish(
    session: Session, vault: Vault, *, kind: str, value: str, wish: Wish, now: datetime
) -> None:
    """Takes what the owner of an address wants: no more messages, or messages again."""
    open_scope(session, _ANYWHERE)
    value_hash = vault.lookup_hash(kind, value)
    if wish == "stop":
        opt_out(session, kind, value_hash, now)
    else:
        lift_opt_out(session, kind, value_hash)
