"""Sends codes that prove whose a phone is: claim, act, record, never late and never twice.

A code is worth nothing after some minutes, so one that could not leave in time is not sent at all.
"""

import logging

from api.core.installation import Installation
from api.core.languages import say, spoken
from api.wechat.binding import LIVES
from api.wechat.repository.binding import network_names
from scheduler.jobs import repository
from scheduler.jobs.repository import LetterRow
from scheduler.senders.choice import ConfiguredSenders
from scheduler.senders.port import (
    NotNow,
    OutgoingMessage,
    ProviderTemplate,
    Refused,
    Senders,
    Unresolved,
)

BATCH = 10
MINUTES = LIVES.seconds // 60
_log = logging.getLogger(__name__)


def send_codes(
    installation: Installation, *, limit: int = BATCH, senders: Senders | None = None
) -> int:
    """Sends up to ``limit`` waiting codes; how many it tried."""
    now = installation.clock()
    with installation.database.transaction() as session:
        letters = repository.claim_letters(session, now, limit, codes=True)
        names = network_names(session)
    for letter in letters:
        way = senders or ConfiguredSenders(installation)
        status, failure = _send(installation, letter, way, names)
        with installation.database.transaction() as session:
            repository.settle_letter(session, letter, status, failure, installation.clock())
    return len(letters)


def _send(
    installation: Installation, letter: LetterRow, senders: Senders, names: tuple[str, str]
) -> tuple[str, str | None]:
    """The code's new status, and what went wrong."""
    if installation.clock() - letter.created_at > LIVES / 2:
        return "failed", "too_late"
    try:
        phone = installation.vault.decrypt(bytes(letter.recipient_encrypted))
        sender = senders.route("sms", phone)
        sender.send(_outgoing(installation, letter, phone, sender.name, names))
    except Refused as refused:
        return "failed", refused.code
    except NotNow as later:
        return "waiting", later.code
    except Unresolved as unresolved:
        return "unknown", unresolved.code
    except Exception as error:  # nobody knows how far it came
        _log.error("code %s: %s", letter.id, type(error).__name__)
        return "unknown", "sender_failed"
    return "sent", None


def _outgoing(
    installation: Installation, letter: LetterRow, phone: str, sender: str, names: tuple[str, str]
) -> OutgoingMessage:
    """The SMS; a gateway that sends approved templates only is told ours, with its parameters."""
    settings, language = installation.settings, spoken(letter.detail.get("language"))
    code = installation.vault.decrypt(bytes(letter.body_text_encrypted))
    values = {"code": code, "minutes": str(MINUTES)}
    brand = names[language == "en"]
    providers = {}
    if settings.phone_check_template is not None:
        providers[sender] = ProviderTemplate(
            settings.phone_check_template,
            signature=settings.phone_check_signature,
            names=tuple(values),
            values=tuple(values.values()),
        )
    return OutgoingMessage(
        id=letter.id,
        channel="sms",
        to=phone,
        text=say("wechat.code_sms", language, brand=brand, **values),
        template=letter.kind,
        language=language,
        parameters=values,
        providers=providers,
    )
