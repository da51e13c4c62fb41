"""E-mail by SMTP: invitations, and letters to colleagues.

What a server answers before it has the text is certain; a connection that breaks while it takes
the text is unresolved, and SMTP cannot be asked about it. An invitation has a return address of its
own, so that what comes back tells which one it was.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import formatdate, parseaddr
from urllib.parse import unquote, urlsplit

from api.core.crypto import Vault
from api.core.settings import Settings
from api.webhooks.mail.proof import HEADER, proof_of, return_address
from scheduler.senders.port import (
    NotNow,
    OutgoingMessage,
    Question,
    Receipt,
    Refused,
    Unresolved,
)

SMTP = "smtp"
TIMEOUT = 20.0
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NO_SUCH_ADDRESS = re.compile(rb"\b5\.1\.\d")


class SmtpMail:
    """Hands mails to one server, each on a connection of its own."""

    name = SMTP
    can_look_up = False

    def __init__(self, settings: Settings) -> None:
        if settings.smtp_url is None or settings.mail_from is None:
            raise ValueError("SMTP is not configured")
        self._server = urlsplit(settings.smtp_url.get_secret_value())
        self._from = settings.mail_from
        self._bounces = settings.mail_bounce_domain
        self._vault = Vault(settings.secret_key.get_secret_value()) if settings.secret_key else None
        if self._server.scheme not in ("smtp", "smtps") or not self._server.hostname:
            raise ValueError("BRANCHPULSE_SMTP_URL must begin with smtp:// or smtps://")

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hands the mail to the server."""
        mail = written(message, self._from)
        origin = parseaddr(self._from)[1]
        if self._bounces is not None and self._vault is not None and message.opt_out_link:
            origin = return_address(self._vault, message.id, self._bounces)
            mail[HEADER] = proof_of(self._vault, message.id)
        with self._connected() as server:
            _accepted(server, origin, message.to)
            try:
                code, answer = server.data(mail.as_bytes(policy=WIRE))
            except smtplib.SMTPDataError as error:
                raise _verdict(error.smtp_code, _bytes(error.smtp_error)) from None
            except (smtplib.SMTPException, OSError):
                raise Unresolved("no_answer") from None
        if code != 250:
            raise _verdict(code, answer)
        return Receipt(mail["Message-ID"])

    def look_up(self, question: Question) -> Receipt | None:
        """Cannot be asked."""
        raise Unresolved("cannot_look_up")

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        try:
            server = self._connect()
        except (smtplib.SMTPException, OSError) as error:
            raise NotNow(f"no_connection_{type(error).__name__}") from None
        try:
            yield server
        finally:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _connect(self) -> smtplib.SMTP:
        host, port = self._server.hostname or "", self._server.port
        if self._server.scheme == "smtps":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port or 465, timeout=TIMEOUT, context=context
            )
        else:
            server = smtplib.SMTP(host, port or 25, timeout=TIMEOUT)
        try:
            self._open_up(server, host)
        except (smtplib.SMTPException, OSError):
            server.close()
            raise
        return server

    def _open_up(self, server: smtplib.SMTP, host: str) -> None:
        server.ehlo()
        private = isinstance(server, smtplib.SMTP_SSL)
        if not private and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
            private = True
        if self._server.username:
            if not private and host not in LOOPBACK:
                raise smtplib.SMTPNotSupportedError("no password without encryption")
            password = unquote(self._server.password or "")
            server.login(unquote(self._server.username), password)


def written(message: OutgoingMessage, sender: str) -> EmailMessage:
    """The mail; its id is made from the message's, so that a mail box sees one mail once."""
    mail = EmailMessage()
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    mail["Message-ID"] = f"<{message.id}@{domain}>"
    mail["Date"] = formatdate(usegmt=True)
    mail["From"] = sender
    mail["To"] = message.to
    mail["Subject"] = message.subject or ""
    mail["Auto-Submitted"] = "auto-generated"
    if message.opt_out_link:
        mail["List-Unsubscribe"] = f"<{message.opt_out_link}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    if message.attachment is not None:
        kind, _, subtype = message.attachment.media_type.partition("/")
        mail.add_attachment(
            message.attachment.content,
            maintype=kind,
            subtype=subtype,
            filename=message.attachment.name,
        )
    return mail


def _accepted(server: smtplib.SMTP, sender: str, recipient: str) -> None:
    """Nothing, once the server has accepted both addresses; it has no text yet."""
    try:
        code, answer = server.mail(sender)
        if code == 250:
            code, answer = server.rcpt(recipient)
        elif code >= 500:  # our own address: not the recipient's fault
            raise NotNow(f"sender_{code}")
    except (smtplib.SMTPException, OSError):
        raise NotNow("no_connection") from None
    if code not in (250, 251):
        raise _verdict(code, answer)


def _verdict(code: int, answer: bytes) -> Exception:
    if code >= 500:
        return Refused(str(code), dead=_NO_SUCH_ADDRESS.search(answer) is not None)
    return NotNow(str(code))


def _bytes(answer: bytes | str) -> bytes:
    return answer.encode() if isinstance(answer, str) else answer
