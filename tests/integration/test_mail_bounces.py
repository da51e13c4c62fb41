"""Mail that comes back, over a real SMTP server and real HTTP: believed only with our own proof."""

import os
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from asking import add_customer, add_event, change, make_network, one, rows
from conftest import NOW, Office
from fastapi.testclient import TestClient
from served import free_port, served
from side_by_side import plan_mail

from api.core.crypto import Vault
from api.core.ids import new_id
from api.core.installation import Installation
from api.invitations.service import decide_due
from api.main import create_api
from api.models import OutboxMessage
from api.webhooks.contactless import SIGNATURE, TIMESTAMP, signature
from api.webhooks.mail.proof import HEADER, proof_of, proven_in, return_address
from api.webhooks.mail.reading import read_report
from api.webhooks.mail.service import take
from scheduler.jobs.letters import send_letters
from scheduler.jobs.sending import send_due

ADDRESS, DOMAIN = "someone@example.com", "bounces.example.com"
BOUNCE_SECRET = "a secret of the mail server, long enough"
PROJECT = Path(__file__).parents[2]


class Postmaster:
    """Keeps envelopes and mails."""

    def __init__(self) -> None:
        self.origins: list[str] = []
        self.raw: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.origins.append(envelope.mail_from)
        self.raw.append(envelope.content)
        return "250 OK"


@pytest.fixture
def postmaster() -> Postmaster:
    return Postmaster()


@pytest.fixture
def live(office: Office, postmaster: Postmaster) -> Iterator[Installation]:
    controller = Controller(postmaster, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings = office.settings.with_changes(
        live_sending=True,
        smtp_url=f"smtp://127.0.0.1:{controller.port}",
        mail_from="远山汽车 <ask@example.com>",
        mail_bounce_domain=DOMAIN,
        mail_bounce_secret=BOUNCE_SECRET,
    )
    try:
        yield Installation(settings, office.worker.database, office.worker.vault, office.clock)
    finally:
        controller.stop()


@pytest.fixture
def web(office: Office, live: Installation) -> Iterator[TestClient]:
    house = Installation(live.settings, office.web.database, office.web.vault, office.web.clock)
    with TestClient(create_api(house)) as client:
        yield client


@pytest.fixture
def returned(office: Office, live: Installation, postmaster: Postmaster) -> str:
    """The return address of an invitation that went out."""
    plan_mail(office, ADDRESS)
    send_due(live)
    (origin,) = postmaster.origins
    return origin


def delivery_report(
    to: str, action: str = "failed", status: str = "5.1.1", original: bytes = b""
) -> bytes:
    """A report as RFC 3464 has it."""
    report = MIMEMultipart("report", **{"report-type": "delivery-status"})
    report["From"] = "MAILER-DAEMON@mx.example.net"
    report["To"] = to
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report.attach(MIMEText("I'm sorry to have to inform you"))
    about_server, about_address = EmailMessage(), EmailMessage()
    about_server["Reporting-MTA"] = "dns; mx.example.net"
    about_address["Final-Recipient"] = f"rfc822; {ADDRESS}"
    about_address["Action"] = action
    about_address["Status"] = status
    about_address["Diagnostic-Code"] = f"smtp; 550 {status} as the test wanted"
    status_part = MIMENonMultipart("message", "delivery-status")
    status_part.set_payload([about_server, about_address])
    report.attach(status_part)
    if original:
        quoted = MIMENonMultipart("text", "rfc822-headers")
        quoted.set_payload(original.partition(b"\r\n\r\n")[0].decode("utf-8", "replace"))
        report.attach(quoted)
    return report.as_bytes()


def complaint(original: bytes, kind: str = "abuse") -> bytes:
    """A report as RFC 5965 has it, quoting the mail."""
    lines = [
        "From: <abuse@mail.example.net>",
        "To: <feedback@example.com>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
        "",
        "--b",
        'Content-Type: text/plain; charset="US-ASCII"',
        "",
        "This is an email abuse report",
        "--b",
        "Content-Type: message/feedback-report",
        "",
        f"Feedback-Type: {kind}",
        "User-Agent: SomeGenerator/1.0",
        "Version: 1",
        "",
        "--b",
        "Content-Type: message/rfc822",
        "",
    ]
    return "\r\n".join(lines).encode() + b"\r\n" + original + b"\r\n--b--\r\n"


def bring(office: Office, raw: bytes, recipient: str = "") -> str:
    with office.web.database.transaction() as session:
        return take(session, office.web.vault, raw, recipient, NOW)


def state(office: Office) -> tuple[str, str | None, bool, int]:
    row = one(
        office.worker,
        "select i.status, i.failure, c.undeliverable_at is not null, (select count(*) from "
        "suppression) from invitation i join contact_point c on c.id = i.contact_point_id",
    )
    return row[0], row[1], row[2], row[3]


def test_an_invitation_goes_out_under_a_return_address_of_its_own(
    office: Office, returned: str, postmaster: Postmaster
) -> None:
    invitation = one(office.worker, "select id from invitation").id
    assert returned == return_address(office.worker.vault, invitation, DOMAIN)
    assert len(returned.partition("@")[0]) == 64
    assert f"{HEADER}: {proof_of(office.worker.vault, invitation)}".encode() in postmaster.raw[0]
    assert b"From: =?utf-8?" in postmaster.raw[0]


def test_a_letter_to_a_colleague_keeps_the_ordinary_one(
    office: Office, live: Installation, postmaster: Postmaster
) -> None:
    vault = office.worker.vault
    with office.worker.database.transaction() as session:
        session.add(
            OutboxMessage(
                kind="ranking",
                dedupe_key="1",
                recipient_encrypted=vault.encrypt("manager@example.com"),
                subject="s",
                body_text_encrypted=vault.encrypt("t"),
                created_at=NOW,
            )
        )
    send_letters(live)
    assert postmaster.origins == ["ask@example.com"]


@pytest.mark.parametrize(
    ("action", "status", "expected"),
    [
        ("failed", "5.1.1", ("undelivered", "undelivered", "5.1.1", True, 0)),
        ("failed", "5.2.1", ("undelivered", "undelivered", "5.2.1", True, 0)),
        ("failed", "5.7.1", ("undelivered", "undelivered", "5.7.1", False, 0)),
        ("failed", "4.4.7", ("undelivered", "undelivered", "4.4.7", False, 0)),
        ("delayed", "4.4.1", ("noted", "sent", None, False, 0)),
        ("delivered", "2.0.0", ("noted", "delivered", None, False, 0)),
        (
            "failed (bounced)",
            "5.1.1 (no such user)",
            ("undelivered", "undelivered", "5.1.1", True, 0),
        ),
    ],
)
def test_a_report_moves_the_invitation(
    office: Office, returned: str, action: str, status: str, expected: Any
) -> None:
    taken = bring(office, delivery_report(returned, action, status))
    assert (taken, *state(office)) == expected
    receipt = one(office.worker, "select provider, error_code, applied from receipt")
    assert (receipt.provider, receipt.applied) == ("smtp", True)


def test_a_report_is_applied_forward_only(office: Office, returned: str) -> None:
    bring(office, delivery_report(returned, "delivered", "2.0.0"))
    bring(office, delivery_report(returned, "failed", "5.7.1"))
    bring(office, delivery_report(returned, "failed", "5.7.1"))
    assert state(office)[0] == "delivered"


def test_the_envelope_says_whom_it_is_about_where_the_header_does_not(
    office: Office, returned: str, postmaster: Postmaster
) -> None:
    assert bring(office, delivery_report("ask@example.com")) == "forged"
    assert bring(office, delivery_report("ask@example.com"), recipient=returned) == "undelivered"
    quoting = delivery_report("ask@example.com", "failed", "5.1.1", original=postmaster.raw[0])
    assert bring(office, quoting) == "undelivered"


def test_a_complaint_suppresses_the_address(
    office: Office, returned: str, postmaster: Postmaster
) -> None:
    assert bring(office, complaint(postmaster.raw[0])) == "complaint"
    assert state(office) == ("delivered", None, False, 1)
    found = one(office.worker, "select kind, reason, value_hash from suppression")
    assert (found.kind, found.reason) == ("email", "opt_out")
    assert bytes(found.value_hash) == office.worker.vault.lookup_hash("email", ADDRESS)


def test_praise_is_no_complaint(office: Office, returned: str, postmaster: Postmaster) -> None:
    assert bring(office, complaint(postmaster.raw[0], "not-spam")) == "no_report"
    assert state(office)[3] == 0


@pytest.mark.parametrize("forgery", ["another key", "another id", "short", "none"])
def test_a_forged_report_changes_nothing(office: Office, returned: str, forgery: str) -> None:
    invitation = one(office.worker, "select id from invitation").id
    to = {
        "another key": return_address(
            Vault("another key of sufficient length, yes"), invitation, DOMAIN
        ),
        "another id": returned.replace(invitation.hex, new_id().hex),
        "short": returned.replace(returned[-40:-20], ""),
        "none": "bounce@bounces.example.com",
    }[forgery]
    assert bring(office, delivery_report(to)) == "forged"
    assert state(office) == ("sent", None, False, 0)
    assert not rows(office.worker, "select 1 from receipt")


def test_what_is_no_report_changes_nothing(office: Office, returned: str) -> None:
    away = EmailMessage()
    away["To"] = returned
    away["Subject"] = "Out of office"
    away.set_content("I am away. Status: 5.1.1 Action: failed")
    assert bring(office, away.as_bytes()) == "no_report"
    assert bring(office, delivery_report(returned, "failed", "nonsense")) == "no_report"
    assert bring(office, delivery_report(returned, "dreamt", "5.1.1")) == "no_report"
    nobody = return_address(office.worker.vault, new_id(), DOMAIN)
    assert bring(office, delivery_report(nobody)) == "unknown"
    assert state(office) == ("sent", None, False, 0)


@pytest.mark.parametrize("raw", [b"", b"\x00\xff", b"Content-Type: multipart/report\r\n\r\nx"])
def test_no_mail_at_all_is_no_report(raw: bytes) -> None:
    assert read_report(raw) is None
    assert proven_in(Vault("some key of sufficient length, yes yes"), raw) is None


def posted(web: TestClient, raw: bytes, *, secret: str = BOUNCE_SECRET, **query: str) -> Any:
    stamp = str(int(NOW.timestamp()))
    headers = {TIMESTAMP: stamp, SIGNATURE: signature(secret, stamp, raw)}
    return web.post("/webhooks/mail/bounce", content=raw, headers=headers, params=query)


def test_a_mail_server_may_post_what_came_back(
    office: Office, web: TestClient, returned: str
) -> None:
    raw = delivery_report("ask@example.com")
    assert posted(web, raw, secret="guessed").status_code == 403
    assert posted(web, raw).status_code == 403
    assert state(office)[0] == "sent"
    answer = posted(web, raw, recipient=returned)
    assert (answer.status_code, answer.json()) == (200, {"taken": "undelivered"})
    assert state(office)[:3] == ("undelivered", "5.1.1", True)


def test_without_a_secret_nothing_is_posted(office: Office) -> None:
    with TestClient(create_api(office.web)) as client:
        assert posted(client, b"x", secret="").status_code == 403


def test_one_click_in_a_mail_program_ends_it(
    office: Office, live: Installation, postmaster: Postmaster
) -> None:
    """RFC 8058: one POST of what the header says, without cookies, to the address in the header."""
    web = create_api(
        Installation(live.settings, office.web.database, office.web.vault, office.web.clock)
    )
    with served(web) as address:
        settings = live.settings.with_changes(public_url=address)
        plan_mail(office, ADDRESS)
        send_due(Installation(settings, live.database, live.vault, live.clock))
        head = postmaster.raw[0].partition(b"\r\n\r\n")[0].decode().replace("\r\n ", " ")
        fields = dict(line.split(": ", 1) for line in head.split("\r\n"))
        place = fields["List-Unsubscribe"].strip("<>")
        assert place.startswith(f"{address}/s/")
        assert fields["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        with httpx.Client(trust_env=False, follow_redirects=False) as program:
            looked = program.get(place)
            assert looked.status_code == 200
            assert state(office)[3] == 0  # looking, as filters do, ends nothing
            body = fields["List-Unsubscribe-Post"]
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            assert program.post(place, content=body, headers=form).status_code == 200
    found = one(office.worker, "select kind, reason from suppression")
    assert tuple(found) == ("email", "opt_out")


def test_the_command_takes_a_mail_from_a_pipe(real_office: Office) -> None:
    network = make_network(real_office.owner)
    vault = real_office.worker.vault
    someone = add_customer(
        real_office.owner, vault, network.branches[0], phone="+8619900000001", email=ADDRESS
    )
    add_event(real_office.owner, network, someone)
    decide_due(real_office.worker)
    change(
        real_office.worker,
        "update invitation set channel='email', contact_point_id=:contact, status='sent', "
        "sender='smtp', provider_id='<1@example.com>', sent_at=now()",
        contact=someone.contacts["email"],
    )
    to = return_address(vault, one(real_office.worker, "select id from invitation").id, DOMAIN)
    told = [
        piped(real_office, delivery_report(to)),
        piped(real_office, delivery_report("bounce@example.com")),
        piped(real_office, b""),
    ]
    assert told == [(0, "undelivered"), (1, "forged"), (2, "")]
    assert state(real_office)[:3] == ("undelivered", "5.1.1", True)


def piped(office: Office, raw: bytes) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(PROJECT / "branchpulse.py"), "mail", "bounce"],
        input=raw,
        capture_output=True,
        cwd=office.settings.home,
        env={**os.environ, **office.settings.environment(), "PYTHONPATH": str(PROJECT)},
    )
    return done.returncode, done.stdout.decode().strip()


def test_a_mail_that_quotes_another_names_it(office: Office, returned: str) -> None:
    """A report whose quoted part is a whole mail, as most servers send it."""
    inner = EmailMessage()
    inner[HEADER] = returned.partition("+")[2].partition("@")[0]
    outer = MIMEMultipart("report", **{"report-type": "delivery-status"})
    outer["To"] = "ask@example.com"
    fields = EmailMessage()
    fields["Action"], fields["Status"] = "failed", "5.1.1"
    part = MIMENonMultipart("message", "delivery-status")
    part.set_payload([EmailMessage(), fields])
    outer.attach(part)
    outer.attach(MIMEMessage(inner))
    assert bring(office, outer.as_bytes()) == "undelivered"
