"""E-mail against a real SMTP server: accepted, refused for now, refused for good, cut off."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from asking import change, one
from conftest import NOW, Office
from served import free_port
from side_by_side import plan_mail

from api.core.ids import new_id
from api.core.installation import Installation
from api.models import OutboxMessage
from scheduler.jobs.letters import ATTEMPTS, LEASE, give_up_letters, send_letters
from scheduler.jobs.sending import send_due

ADDRESS = "someone@example.com"


class Postmaster:
    """Answers as the test says, and keeps what it accepted."""

    def __init__(self) -> None:
        self.at_address = "250 OK"
        self.at_text = "250 OK"
        self.hangs_up = False
        self.received: list[EmailMessage] = []
        self.seen = 0

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.at_address

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.seen += 1
        if self.hangs_up:
            server.transport.close()
            return "250 OK"
        if self.at_text.startswith("250"):
            made = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(made, EmailMessage)
            self.received.append(made)
        return self.at_text


@pytest.fixture
def postmaster() -> Postmaster:
    return Postmaster()


@pytest.fixture
def live(office: Office, postmaster: Postmaster) -> Iterator[Installation]:
    controller = Controller(postmaster, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield installed(office, controller.port)
    finally:
        controller.stop()


def installed(office: Office, port: int) -> Installation:
    settings = office.settings.with_changes(
        live_sending=True,
        smtp_url=f"smtp://127.0.0.1:{port}",
        mail_from="远山汽车 <ask@example.com>",
    )
    return Installation(settings, office.worker.database, office.worker.vault, office.clock)


def state(office: Office) -> tuple[str, str | None]:
    row = one(office.worker, "select status, failure from invitation")
    return row.status, row.failure


def test_an_invitation_arrives_with_a_way_out(
    office: Office, live: Installation, postmaster: Postmaster
) -> None:
    plan_mail(office, ADDRESS)
    send_due(live)
    (mail,) = postmaster.received
    assert mail["To"] == ADDRESS
    assert mail["Subject"].startswith("远山：本次")
    body = mail.get_content()
    link = body.partition(f"{office.settings.public_url}/s/")[2][:22]
    assert len(link) == 22
    way_out = f"{office.settings.public_url}/s/{link}/opt-out"
    assert mail["List-Unsubscribe"] == f"<{way_out}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert way_out in body
    row = one(office.worker, "select id, status, sender, provider_id from invitation")
    assert (row.status, row.sender) == ("sent", "smtp")
    assert row.provider_id == mail["Message-ID"] == f"<{row.id}@example.com>"


@pytest.mark.parametrize(
    ("answer", "dead"), [("550 5.1.1 no such user", True), ("550 5.7.1 not wanted", False)]
)
def test_a_refused_address_is_undelivered(
    office: Office, live: Installation, postmaster: Postmaster, answer: str, *, dead: bool
) -> None:
    postmaster.at_address = answer
    plan_mail(office, ADDRESS)
    send_due(live)
    assert state(office) == ("undelivered", "550")
    found = one(
        office.worker, "select undeliverable_at from contact_point where kind = 'email'"
    ).undeliverable_at
    assert (found is not None) == dead


def test_a_refused_text_is_undelivered(
    office: Office, live: Installation, postmaster: Postmaster
) -> None:
    postmaster.at_text = "554 5.6.0 not like this"
    plan_mail(office, ADDRESS)
    send_due(live)
    assert state(office) == ("undelivered", "554")


@pytest.mark.parametrize("place", ["at_address", "at_text"])
def test_a_busy_server_is_tried_again(
    office: Office, live: Installation, postmaster: Postmaster, place: str
) -> None:
    setattr(postmaster, place, "451 4.7.1 later")
    plan_mail(office, ADDRESS)
    send_due(live)
    assert state(office) == ("planned", "451")
    setattr(postmaster, place, "250 OK")
    office.clock.now += timedelta(minutes=10)
    send_due(live)
    assert state(office) == ("sent", None)
    assert len(postmaster.received) == 1


def test_a_server_that_is_not_there_is_tried_again(office: Office) -> None:
    plan_mail(office, ADDRESS)
    send_due(installed(office, free_port()))
    assert state(office)[0] == "planned"


def test_a_connection_that_breaks_while_the_text_is_taken_is_unknown_for_ever(
    office: Office, live: Installation, postmaster: Postmaster
) -> None:
    postmaster.hangs_up = True
    plan_mail(office, ADDRESS)
    send_due(live)
    assert state(office) == ("unknown", "no_answer")
    office.clock.now += timedelta(hours=1)
    send_due(live)
    assert postmaster.seen == 1


def write_letter(office: Office, html: str | None = None) -> None:
    vault = office.worker.vault
    with office.worker.database.transaction() as session:
        session.add(
            OutboxMessage(
                kind="ranking",
                dedupe_key=str(new_id()),
                recipient_encrypted=vault.encrypt("manager@example.com"),
                subject="本周排名",
                body_text_encrypted=vault.encrypt("第一名"),
                body_html_encrypted=vault.encrypt(html) if html else None,
                created_at=NOW,
            )
        )


def letter(office: Office) -> tuple[str, str | None, int]:
    row = one(office.worker, "select status, failure, attempts from outbox_message")
    return row.status, row.failure, row.attempts


def test_a_letter_to_a_colleague_arrives_in_both_forms(
    office: Office, live: Installation, postmaster: Postmaster
) -> None:
    write_letter(office, html="<p>第一名</p>")
    assert [send_letters(live), send_letters(live)] == [1, 0]
    (mail,) = postmaster.received
    assert (mail["To"], mail["Subject"]) == ("manager@example.com", "本周排名")
    parts = [part.get_content().strip() for part in mail.iter_parts()]  # type: ignore[attr-defined]
    assert parts == ["第一名", "<p>第一名</p>"]
    assert mail["List-Unsubscribe"] is None
    assert letter(office) == ("sent", None, 1)
    assert one(office.worker, "select sent_at from outbox_message").sent_at == NOW


def test_a_letter_refused_for_good_fails(
    office: Office, live: Installation, postmaster: Postmaster
) -> None:
    postmaster.at_address = "550 5.1.1 left the company"
    write_letter(office)
    send_letters(live)
    assert letter(office) == ("failed", "550", 1)


def test_a_letter_refused_for_now_waits_longer_each_time_and_not_for_ever(
    office: Office, live: Installation, postmaster: Postmaster
) -> None:
    postmaster.at_address = "451 later"
    write_letter(office)
    send_letters(live)
    assert letter(office) == ("waiting", "451", 1)
    assert send_letters(live) == 0
    for attempt in range(2, ATTEMPTS + 1):
        office.clock.now += timedelta(minutes=5 * (attempt - 1)) - timedelta(seconds=1)
        assert send_letters(live) == 0
        office.clock.now += timedelta(seconds=1)
        assert send_letters(live) == 1
    assert letter(office) == ("failed", "451", ATTEMPTS)


def test_a_letter_whose_fate_nobody_knows_is_not_sent_again(
    office: Office, live: Installation, postmaster: Postmaster
) -> None:
    postmaster.hangs_up = True
    write_letter(office)
    send_letters(live)
    assert letter(office) == ("unknown", "no_answer", 1)
    assert send_letters(live) == 0


def test_a_letter_claimed_by_a_dead_worker_becomes_unknown(
    office: Office, live: Installation, postmaster: Postmaster
) -> None:
    write_letter(office)
    change(
        office.worker, "update outbox_message set status = 'claimed', claimed_at = :now", now=NOW
    )
    give_up_letters(live)
    assert letter(office)[0] == "claimed"
    office.clock.now += LEASE + timedelta(seconds=1)
    give_up_letters(live)
    assert letter(office)[:2] == ("unknown", "no_receipt")
    assert send_letters(live) == 0
    assert not postmaster.received


def test_without_live_sending_letters_stay_here(office: Office) -> None:
    write_letter(office)
    send_letters(office.worker)
    assert letter(office) == ("sent", None, 1)
