"""What a mail that came back changes: the ledger moves forward, a dead address is marked.

Only what carries our proof is believed, however it came in.
"""

from datetime import datetime
from typing import Literal

from sqlmodel import Session

from api.core.crypto import Vault
from api.security.scope import Scope, open_scope
from api.webhooks.mail.proof import proven_in
from api.webhooks.mail.reading import read_report
from api.webhooks.mail.repository import provider_id_of
from api.webhooks.reports import Report
from api.webhooks.service import note_report

PROVIDER = "smtp"
LONGEST = 1_000_000  # bytes; what was quoted beyond is not needed
Taken = Literal["undelivered", "noted", "complaint", "no_report", "unknown", "forged"]
_ANYWHERE = Scope.whole_network(reason="a mail that comes back is of any branch")


def take(session: Session, vault: Vault, raw: bytes, recipient: str, now: datetime) -> Taken:
    """Takes a mail sent to a return address; ``recipient`` is the envelope's, where known."""
    message = proven_in(vault, recipient.encode("utf-8", "replace")) or proven_in(vault, raw)
    if message is None:
        return "forged"
    said = read_report(raw)
    if said is None:
        return "no_report"
    open_scope(session, _ANYWHERE)
    provider_id = provider_id_of(session, message)
    if provider_id is None:
        return "unknown"
    complaint = said.kind == "complaint"
    report = Report(
        provider=PROVIDER,
        provider_id=provider_id,
        outcome=said.outcome,
        error_code=said.code,
        invitation_id=message,
        opted_out=complaint,
        dead=said.dead,
    )
    note_report(session, report, now)
    if complaint:
        return "complaint"
    return "undelivered" if said.outcome == "undelivered" else "noted"
