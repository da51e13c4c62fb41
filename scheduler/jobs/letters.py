"""Sends letters to colleagues (rankings, account links, notices): claim, act, record, never twice.

A letter says by which channel it goes. What gateways know by a template of theirs is told that one;
all words of a letter were written before, by whoever put it into the outbox.
"""

import logging
from datetime import timedelta

from api.core.installation import Installation
from scheduler.jobs import repository
from scheduler.jobs.repository import LetterRow
from scheduler.senders.choice import ConfiguredSenders
from scheduler.senders.port import (
    Attachment,
    NotNow,
    OutgoingMessage,
    ProviderTemplate,
    Refused,
    Senders,
    Unresolved,
)

BATCH = 10
ATTEMPTS = 12
LEASE = timedelta(minutes=10)
_log = logging.getLogger(__name__)


def send_letters(
    installation: Installation, *, limit: int = BATCH, senders: Senders | None = None
) -> int:
    """Sends up to ``limit`` waiting letters; how many it tried."""
    now = installation.clock()
    with installation.database.transaction() as session:
        letters = repository.claim_letters(session, now, limit)
    for letter in letters:
        status, failure = _send(installation, letter, senders or ConfiguredSenders(installation))
        with installation.database.transaction() as session:
            repository.settle_letter(session, letter, status, failure, installation.clock())
    return len(letters)


def give_up_letters(installation: Installation, limit: int = 1000) -> int:
    """Marks letters whose sender never said what came of them as unknown; how many."""
    before = installation.clock() - LEASE
    with installation.database.transaction() as session:
        return repository.give_up_letters(session, before, limit)


def _send(
    installation: Installation, letter: LetterRow, senders: Senders
) -> tuple[str, str | None]:
    """The letter's new status, and what went wrong."""
    try:
        to = installation.vault.decrypt(bytes(letter.recipient_encrypted))
        sender = senders.route(letter.channel, to)
        sender.send(_outgoing(installation, letter, to, sender.name))
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


def _outgoing(
    installation: Installation, letter: LetterRow, to: str, sender: str
) -> OutgoingMessage:
    vault, about = installation.vault, letter.detail
    html = letter.body_html_encrypted
    template = _template(installation, letter)
    return OutgoingMessage(
        id=letter.id,
        channel=letter.channel,
        to=to,
        text=vault.decrypt(bytes(letter.body_text_encrypted)),
        subject=letter.subject,
        html=None if html is None else vault.decrypt(bytes(html)),
        link=about.get("link"),
        template=about.get("template", letter.kind),
        language=about.get("language", "zh"),
        parameters=about.get("parameters", {}),
        providers={} if template is None else {sender: template},
        attachment=_attachment(installation, letter),
    )


def _template(installation: Installation, letter: LetterRow) -> ProviderTemplate | None:
    """What a gateway knows the letter by: the SMS template of notices, or what the letter names."""
    settings, about = installation.settings, letter.detail
    values: dict[str, str] = about.get("parameters", {})
    named: str | None = about.get("template_id")
    if named is None and letter.channel == "sms":
        named = settings.notice_template
    if named is None:
        return None
    signature = settings.notice_signature if letter.channel == "sms" else None
    return ProviderTemplate(
        named, signature=signature, names=tuple(values), values=tuple(values.values())
    )


def _attachment(installation: Installation, letter: LetterRow) -> Attachment | None:
    """The file that goes along; its name and type stand in the letter's detail."""
    about = letter.detail.get("attachment")
    if letter.attachment is None or about is None:
        return None
    content = installation.vault.unseal(bytes(letter.attachment))
    return Attachment(about["name"], about["type"], content)
